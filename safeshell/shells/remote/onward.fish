set -g __safeshell_stand_in @NAME@
function @NAME@
    functions -e @NAME@
    set -g __safeshell_stand_in
    command @MASTER@; or return
    command @SESSION@
    set -l ended $status
    command @END@ >/dev/null 2>&1
    return $ended
end
