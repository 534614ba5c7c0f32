# safeshell: a fish that was started inside a session finds this by XDG_DATA_DIRS, before its own
# config.fish. It gives back what the environment was lent, and loads the hook with the first prompt.
#
# What must not live here: the hook.

if set -q SAFESHELL_DATA_DIRS
    if test -n "$SAFESHELL_DATA_DIRS"
        set -gx XDG_DATA_DIRS $SAFESHELL_DATA_DIRS
    else
        set -e XDG_DATA_DIRS
    end
    set -e SAFESHELL_DATA_DIRS
    if set -q SAFESHELL_ZDOTDIR
        set -gx ZDOTDIR $SAFESHELL_ZDOTDIR
    else
        set -e ZDOTDIR
    end
    set -e SAFESHELL_ZDOTDIR
    set -e PROMPT_COMMAND
    if status is-interactive; and set -q SAFESHELL_SESSION; and not set -q SAFESHELL_CHANNELS
        function __safeshell_begin --on-event fish_prompt
            functions -e __safeshell_begin
            source $__safeshell_place/hook.fish
            functions -q __safeshell_prompted; and __safeshell_prompted
        end
        # (Inside the function the name of this file is not known any more.)
        set -g __safeshell_place (path resolve (path dirname (status filename))/../../..)
    end
end
