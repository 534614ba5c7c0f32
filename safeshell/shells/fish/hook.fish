# safeshell: the hook inside fish. It asks the guard before a line runs, and obeys.
#
# What lives here: telling (frames of NUL-ended fields, told in protocols/hook.py) and obeying
# (16-character answers with a NUL behind each, since fish counts characters and not bytes). What must
# not: judging. Laws of this file:
#   - Builtins are called by `builtin` where people put functions in their place.
#   - Enter expands abbreviations first (fish itself would, behind our back, with `execute`); then the
#     whole text is asked about. fish reads constructs of several lines in one buffer, so a text is always whole.
#   - fish has no trap before single commands: what a line runs is judged by the line alone.
#   - No answer, a wrong answer, end of file: no.

#   - A substitution costs 45 microseconds and a person waits for some of these functions: where a builtin
#     can set a variable by itself (the named groups of `string match`, `read`), it does.

set -q __safeshell_place; or set -g __safeshell_place (builtin path resolve (builtin path dirname (status filename)))
set -g __safeshell_hundred 100000
set -g __safeshell_ids
set -g __safeshell_id ''
set -g __safeshell_got ''
set -g __safeshell_answered ''
set -g __safeshell_flags 0
set -g __safeshell_payload ''
set -g __safeshell_tries {1,2,3,4,5,6,7,8}{1,2,3,4,5,6,7,8}
set -g __safeshell_last 0
set -g __safeshell_segment ''
set -g __safeshell_missing ''
set -g __safeshell_prompts 0
set -g __safeshell_lent 0
set -g __safeshell_asked_last 0
set -g __safeshell_ran 0
set -g __safeshell_data (builtin path resolve $__fish_data_dir)

# ---- asking -------------------------------------------------------------------------------------

function __safeshell_send --description 'A frame: its fields'
    builtin printf '%s\0' $argv >$__safeshell_base.lo
end

# Makes the next request id: eight digits, out of a hundred that are made at a time.
function __safeshell_next
    if not set -q __safeshell_ids[1]
        set -g __safeshell_hundred (builtin math $__safeshell_hundred + 1)
        set -g __safeshell_ids $__safeshell_hundred{0,1,2,3,4,5,6,7,8,9}{0,1,2,3,4,5,6,7,8,9}
    end
    set -g __safeshell_id $__safeshell_ids[1]
    set -e __safeshell_ids[1]
end

# Reads answers until ours comes: id (8), verdict, flags, length of what follows (6), payload, NUL. What
# Ctrl-C left of an earlier one has another id.
function __safeshell_answer # ID
    for try in $__safeshell_tries
        builtin read -z -l whole <$__safeshell_base.li; or return 1
        builtin string match -rq '(?s)^(?<__safeshell_got>.{8})(?<__safeshell_answered>.)(?<__safeshell_flags>.).{6}(?<__safeshell_payload>.*)$' -- $whole
        or return 1
        test $__safeshell_got = $argv[1]; and return 0
    end
    return 1
end

# One answer to a question of the guard: +value, - where there is none, ? where it is no single text.
function __safeshell_tell_one --no-scope-shadowing # KIND NAME
    switch $argv[1]
        case variable
            if not builtin string match -qr '^[A-Za-z_][A-Za-z0-9_]*$' -- $argv[2]; or not set -q $argv[2]
                set -a __safeshell_told -
            else if test (builtin count $$argv[2]) -eq 1
                set -a __safeshell_told "+$$argv[2]"
            else
                set -a __safeshell_told '?'
            end
        case function
            # Functions that come with fish are what they are called; the person's own are told.
            # Ours are what a pack says of them.
            if not builtin functions -q -- $argv[2]; or builtin string match -q '__safeshell_*' -- $argv[2]; or builtin string match -q -- "$__safeshell_data/*" (builtin path resolve -- (builtin functions -D -- $argv[2] 2>/dev/null))
                set -a __safeshell_told -
            else
                set -a __safeshell_told +(builtin functions --no-details -- $argv[2] | builtin string collect)
            end
        case '*'
            set -a __safeshell_told -
    end
end

function __safeshell_tell # ID
    set -l __safeshell_told
    set -l __safeshell_asked $__safeshell_payload
    set -l __safeshell_many 1
    if builtin string match -q '*'\n'*' -- $__safeshell_payload
        set __safeshell_asked (builtin string split \n -- $__safeshell_payload)
        set __safeshell_many (builtin count $__safeshell_asked)
    end
    for __safeshell_question in $__safeshell_asked
        builtin string match -rq '^(?<__safeshell_kind>\S*) ?(?<__safeshell_name>.*)$' -- $__safeshell_question
        __safeshell_tell_one $__safeshell_kind $__safeshell_name
    end
    __safeshell_send "$__safeshell_nonce A" $fish_pid $argv[1] $__safeshell_many $__safeshell_told
end

# Waits for the verdict, telling what is asked meanwhile. 0: run it.
function __safeshell_verdict # ID
    for round in 1 2 3 4 5 6
        __safeshell_answer $argv[1]; or return 1
        switch $__safeshell_answered
            case A
                return 0
            case N
                __safeshell_tell $argv[1]; or return 1
            case '*'
                return 1
        end
    end
    return 1
end

# ---- the line -----------------------------------------------------------------------------------

function __safeshell_enter --description 'Enter'
    if test $__safeshell_ran -eq 1
        # The prompt of a program of the running line (read): none of ours.
        builtin commandline -f execute
        return
    end
    __safeshell_expand
    __safeshell_submit
end

# Expands the abbreviation before the cursor as fish's own `execute` would. Where a word that may be one
# is still there, two spaces behind it keep fish from expanding it behind our back.
function __safeshell_expand
    set -l shown (abbr --show 2>/dev/null)
    set -q shown[1]; or return
    set -l word (builtin string match -r '[^\s;|&()]+(?=\s?$)' -- (builtin commandline -cb | builtin string collect))
    test -n "$word"; or return
    for line in $shown
        set -l words
        eval set words (builtin string replace -r '^abbr (-a|--add) ' '' -- $line) 2>/dev/null; or continue
        set -l _flag_position command
        set -e _flag_regex _flag_function
        argparse 'p/position=' 'r/regex=' 's/set-cursor=?' 'f/function=' -- $words 2>/dev/null; or continue
        if set -q _flag_regex
            builtin string match -qr -- "^(?:$_flag_regex)\$" $word; or continue
        else
            test "$word" = "$argv[1]"; or continue
        end
        if test $_flag_position = anywhere; or __safeshell_commands
            set -l expansion $argv[2]
            set -q _flag_function; and set expansion ($_flag_function $word | builtin string collect)
            if set -q _flag_set_cursor
                test -n "$_flag_set_cursor"; or set _flag_set_cursor %
                set expansion (builtin string replace -- $_flag_set_cursor '' $expansion | builtin string collect)
            end
            builtin commandline -rt -- $expansion
        end
        builtin commandline -C (builtin string length -- (builtin commandline -b | builtin string collect))
        builtin commandline -a '  '
        builtin commandline -C (builtin string length -- (builtin commandline -b | builtin string collect -N))
        return
    end
end

function __safeshell_commands --description 'Whether a command is expected where the cursor is'
    for word in (builtin commandline -poc)
        contains -- $word and or not ! if else while begin time command builtin exec; or return 1
    end
end

function __safeshell_submit
    # (`read` keeps the line's end that commandline adds; the text is without it.)
    builtin commandline -b | builtin read -z -l text
    builtin string match -rq '(?s)^(?<text>.*?)\n?$' -- $text
    if not builtin string match -qr '\S' -- $text
        builtin commandline -f execute
        return
    end
    builtin commandline --is-valid
    if test $status -ne 0
        # fish runs none of it: it is not finished (a new line begins), or wrong (fish says why).
        builtin commandline -f execute
        return
    end
    __safeshell_next
    set -l id $__safeshell_id
    __safeshell_send "$__safeshell_nonce L" $fish_pid $id "$PWD" 0 $text
    if __safeshell_verdict $id
        set -g __safeshell_last $id
        set -g __safeshell_asked_last 1
        if test -n "$__safeshell_payload"
            builtin eval $__safeshell_payload
        end
        # One hexadecimal digit, of which this is the bit of 2.
        builtin contains -- $__safeshell_flags 2 3 6 7 a b e f A B E F; and __safeshell_lend
        builtin commandline -f execute
    else
        __safeshell_remember $text
        builtin commandline -r ''
        builtin commandline -f execute
    end
end

# A refused line goes to the history, so that nobody retypes it.
function __safeshell_remember # TEXT
    builtin string match -qr '^\s' -- $argv[1]; and return
    set -q fish_private_mode; and return
    if builtin string match -qr '^([4-9]|[1-9][0-9])' -- $version
        builtin history append -- $argv[1]
        return
    end
    # fish 3 takes no line from outside but by its file, where those of this session have to stand before it.
    builtin history save
    set -l name fish
    set -q fish_history; and set name $fish_history
    test -n "$name"; or return
    test "$name" != default; or set name fish
    set -l place ~/.local/share/fish
    test -n "$XDG_DATA_HOME"; and set place $XDG_DATA_HOME/fish
    command mkdir -p $place
    builtin printf '%s %s\n  when: %s\n' '- cmd:' (builtin string join '\n' -- (builtin string split \n -- (builtin string replace -a '\\' '\\\\' -- $argv[1]))) (command date +%s) >>$place/"$name"_history
    # It looks at the file once a second at most, and drops the wish within one.
    for try in 1 2 3 4 5 6
        builtin history merge
        builtin contains -- $argv[1] $history[1..5]; and return
        command sleep 0.2
    end
end

# ---- the prompt -----------------------------------------------------------------------------------

function __safeshell_prompted --on-event fish_prompt
    set -l code $status
    if test -n "$__safeshell_stand_in"
        functions -e $__safeshell_stand_in
        set -g __safeshell_stand_in
    end
    __safeshell_take_back
    __safeshell_check
    __safeshell_next
    set -l id $__safeshell_id
    __safeshell_send "$__safeshell_nonce P" $fish_pid $id "$PWD" $__safeshell_last $code "$__safeshell_missing" '' '' '' 1 partial
    if __safeshell_answer $id
        set -g __safeshell_segment $__safeshell_payload
    else
        set -g __safeshell_segment '[UNGUARDED] '
    end
    set -g __safeshell_last 0
    set -g __safeshell_missing ''
    set -g __safeshell_ran 0
    __safeshell_install
end

# Names what was taken from us since the last prompt, and what ran past us.
function __safeshell_check
    test $__safeshell_prompts -eq 0; and return
    if test "$__safeshell_unseen" = 1
        set -a __safeshell_missing keys
    end
    set -g __safeshell_unseen 0
end
set -g __safeshell_unseen 0

# A line that fish runs although nobody asked: by a key of somebody's own.
function __safeshell_running --on-event fish_preexec
    set -g __safeshell_ran 1
    test $__safeshell_asked_last -eq 1; or set -g __safeshell_unseen 1
    set -g __safeshell_asked_last 0
end

function __safeshell_install
    set -g __safeshell_prompts 1
    for mode in default insert visual replace replace_one
        builtin bind -M $mode \r __safeshell_enter 2>/dev/null
        builtin bind -M $mode \n __safeshell_enter 2>/dev/null
    end
    builtin functions -q fish_prompt
    if not builtin functions fish_prompt 2>/dev/null | builtin string match -q '*__safeshell_own_prompt*'
        builtin functions -e __safeshell_own_prompt
        builtin functions -c fish_prompt __safeshell_own_prompt
        function fish_prompt
            set -l own (__safeshell_own_prompt | builtin string collect -N)
            builtin string match -rq '(?s)^(?<blank>\n*)(?<own>.*)$' -- $own
            builtin printf '%s%s%s' $blank $__safeshell_segment $own
        end
    end
end

# While a line runs that may start a shell, the environment leads it to its hook: bash by
# PROMPT_COMMAND, zsh by ZDOTDIR, fish by XDG_DATA_DIRS.
function __safeshell_lend
    test $__safeshell_lent -eq 0; or return
    set -g __safeshell_lent 1
    set -q ZDOTDIR; and set -gx SAFESHELL_ZDOTDIR $ZDOTDIR
    set -gx ZDOTDIR (builtin path dirname $SAFESHELL_SESSION)
    set -gx PROMPT_COMMAND '[ ! -r "${SAFESHELL_HOOK-}" ]||. "$SAFESHELL_HOOK"'
    set -gx SAFESHELL_DATA_DIRS "$XDG_DATA_DIRS"
    set -l others $XDG_DATA_DIRS
    test -n "$others"; or set others /usr/local/share:/usr/share
    set -gx XDG_DATA_DIRS $__safeshell_place/share:(builtin string join : $others)
end

function __safeshell_take_back
    test $__safeshell_lent -eq 1; or return
    set -g __safeshell_lent 0
    if test -n "$SAFESHELL_DATA_DIRS"
        set -gx XDG_DATA_DIRS $SAFESHELL_DATA_DIRS
    else
        set -e XDG_DATA_DIRS
    end
    if set -q SAFESHELL_ZDOTDIR
        set -gx ZDOTDIR $SAFESHELL_ZDOTDIR
    else
        set -e ZDOTDIR
    end
    set -e SAFESHELL_ZDOTDIR
    set -e SAFESHELL_DATA_DIRS
    set -e PROMPT_COMMAND
end

# ---- typed clients ------------------------------------------------------------------------------

# A client that is typed, or called by a function of this shell, is its guarded form: a function of this
# session, never something on PATH, so scripts keep the real one, and so does `command psql`. Completion
# keeps it, too. Functions of the person's own stay as they are.
function __safeshell_guarded # CLIENT WORDS...
    if test $__safeshell_ran -eq 0
        command $argv
    else if test -n "$__safeshell_clients"; and test -x $__safeshell_clients/safe-$argv[1]
        $__safeshell_clients/safe-$argv[1] $argv[2..]
    else
        builtin printf 'safeshell: refused: safe-%s is gone; install it again, or see what command %s asks\n' $argv[1] $argv[1] >&2
        return 126
    end
end

function __safeshell_guard_clients
    test -n "$__safeshell_clients"; or return
    for client in psql redis-cli ssh
        test -x $__safeshell_clients/safe-$client; and not builtin functions -q $client; or continue
        builtin eval "function $client --wraps $client; __safeshell_guarded $client \$argv; end"
    end
end
set -g __safeshell_clients $SAFESHELL_CLIENTS
__safeshell_guard_clients

# ---- the channels ---------------------------------------------------------------------------------

if set -q SAFESHELL_CHANNELS
    set -g __safeshell_base $SAFESHELL_CHANNELS
    set -e SAFESHELL_CHANNELS
else
    set -g __safeshell_base (builtin path dirname $SAFESHELL_SESSION)/n.$fish_pid
    set -l parts $__safeshell_base.{lo,li,bo,bi,t}
    command mkfifo -m 600 $parts
    and builtin printf '%s\n' $fish_pid >(builtin path dirname $SAFESHELL_SESSION)/nest
end
builtin read -z -n 32 -g __safeshell_nonce <$__safeshell_base.li
__safeshell_send "$__safeshell_nonce H" $fish_pid "fish $version ended"
__safeshell_install
