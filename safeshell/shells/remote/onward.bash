__safeshell_stand_in=@NAME@
function @NAME@ {
  \builtin unset -f @NAME@
  __safeshell_stand_in=
  \builtin local __safeshell_ended=0
  \builtin command @MASTER@ || \builtin return
  \builtin command @SESSION@ || __safeshell_ended=$?
  \builtin command @END@ >/dev/null 2>&1
  \builtin return $__safeshell_ended
}
