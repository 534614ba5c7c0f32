__safeshell_stand_in=@NAME@
function @NAME@ {
  \builtin unset -f @NAME@
  __safeshell_stand_in=
  \builtin local __safeshell_ended=0
  if @PERMITTED@; then
    @BOOT@ || __safeshell_ended=$?
    if [[ $__safeshell_ended == 0 || ! -e @FRESH@ ]] || ! @READY@ >/dev/null 2>&1; then
      \builtin return $__safeshell_ended
    fi
  fi
  \builtin printf 'safeshell: nothing could be started there that follows: this is %s as ever, UNGUARDED\n' @NAME@ >&2
  \builtin command @NAME@ "$@"
}
