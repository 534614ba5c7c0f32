set -g __safeshell_stand_in @NAME@
function @NAME@
    functions -e @NAME@
    set -g __safeshell_stand_in
    if @PERMITTED@
        @BOOT@
        set -l ended $status
        if test $ended -eq 0; or not test -e @FRESH@; or not @READY@ >/dev/null 2>&1
            return $ended
        end
    end
    builtin printf 'safeshell: nothing could be started there that follows: this is %s as ever, UNGUARDED\n' @NAME@ >&2
    command @NAME@ $argv
end
