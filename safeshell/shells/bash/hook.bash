# safeshell: the hook inside bash. It asks the guard before a line runs, and obeys.
#
# What lives here: telling (frames of NUL-ended fields, told in protocols/hook.py) and obeying
# (16-character answers). What must not: judging. Laws of these files:
#   - Every builtin is called by `builtin`: people define functions of the same names. Nothing forks
#     between Enter and the answer. Nothing here may fail under the person's set -e, -u, IFS, posix.
#   - At the prompt the DEBUG trap is armed; the line hook takes it off for a line that was cleared
#     whole. So a line that never met the line hook always meets the trap.
#   - `__safeshell_run` is 1 from PS0 (a line was read and starts) to the first PROMPT_COMMAND.
#     Completion, prompts and key bindings run while it is 0 and are nobody's business.
#   - No answer, a wrong answer, end of file: no.

if \builtin shopt -q expand_aliases; then __safeshell_aliases=1; else __safeshell_aliases=; fi
\builtin shopt -u expand_aliases

builtin declare -i __safeshell_run=0 __safeshell_credit=0 __safeshell_more=0 __safeshell_sticky=0 \
  __safeshell_seq=10000000 __safeshell_watch=0 __safeshell_multi=0 __safeshell_armed=0 __safeshell_prompts=0 \
  __safeshell_lent=0 __safeshell_expand=0 __safeshell_banged=0 __safeshell_status=0 __safeshell_traced=0
__safeshell_pid=$BASHPID
__safeshell_pending='' __safeshell_user_trap='' __safeshell_last=0 __safeshell_payload='' __safeshell_under=''
__safeshell_segment='' __safeshell_ps1='' __safeshell_ps1_user='' __safeshell_flags=0 __safeshell_tampered=''
__safeshell_id='' __safeshell_answered='' __safeshell_had='' __safeshell_called='' __safeshell_pending_line='' __safeshell_stand_in=''
__safeshell_commands=() __safeshell_words=()
__safeshell_fd_out=${__safeshell_channels[0]} __safeshell_fd_in=${__safeshell_channels[1]} __safeshell_head=''
builtin readonly __safeshell_e=x __safeshell_fd_out __safeshell_fd_in __safeshell_nonce __safeshell_channels __safeshell_pid
__safeshell_ps0='${__safeshell_e:$((__safeshell_run=1,__safeshell_more=0,__safeshell_credit-=1,__safeshell_sticky=__safeshell_sticky&&__safeshell_credit>=0,1)):0}'
builtin readonly __safeshell_ps0

# ---- asking -------------------------------------------------------------------------------------

# Makes the next request id: a number of eight digits, as the frames want them.
__safeshell_next() {
  __safeshell_id=$((++__safeshell_seq))
}

# Reads answers until ours comes: id (8), verdict, flags, length of what follows (6).
__safeshell_answer() { # DESCRIPTOR ID
  builtin local head tries
  for ((tries = 0; tries < 64; tries++)); do
    head=$__safeshell_head __safeshell_head= __safeshell_payload= __safeshell_flags=0
    [[ -n $head ]] || builtin read -r -N 16 -u "$1" head || builtin return 1
    if [[ ${head:10:6} != 000000 ]]; then
      LC_ALL=C builtin read -r -N "$((10#${head:10:6}))" -u "$1" __safeshell_payload || builtin return 1
    fi
    if [[ ${head:0:8} == "$2" ]]; then
      __safeshell_answered=${head:8:1} __safeshell_flags=${head:9:1}
      builtin return 0
    fi
  done
  builtin return 1
}

# Answers one question of the guard: +value or -, NUL-ended. "$@" after the name are positional.
__safeshell_tell_one() { # KIND NAME ARGUMENTS...
  builtin local __safeshell_kind="$1" __safeshell_name="$2"
  builtin shift 2
  case $__safeshell_kind:$__safeshell_name in
    variable:[1-9] | variable:[1-9][0-9])
      if ((__safeshell_name <= $#)); then builtin printf '+%s\0' "${!__safeshell_name}"; else builtin printf -- '-\0'; fi ;;
    variable:[@*]) builtin printf '+%s\0' "$*" ;;
    variable:'#') builtin printf '+%s\0' "$#" ;;
    variable: | variable:[!a-zA-Z_]* | variable:*[!a-zA-Z0-9_]*) builtin printf -- '-\0' ;;
    variable:*)
      if [[ -n ${!__safeshell_name+x} ]]; then builtin printf '+%s\0' "${!__safeshell_name}"; else builtin printf -- '-\0'; fi ;;
    alias:?*)
      if [[ -n ${BASH_ALIASES["$__safeshell_name"]+x} ]]; then
        builtin printf '+%s\0' "${BASH_ALIASES["$__safeshell_name"]}"
      else builtin printf -- '-\0'; fi ;;
    function:?*)
      if builtin declare -F -- "$__safeshell_name" >/dev/null; then
        builtin printf '+'
        builtin declare -f -- "$__safeshell_name"
        builtin printf '\0'
      else builtin printf -- '-\0'; fi ;;
    *) builtin printf -- '-\0' ;;
  esac
}

__safeshell_tell() { # OUT IN ID ARGUMENTS...
  builtin local __safeshell_out="$1" __safeshell_question
  builtin local -a __safeshell_wanted
  builtin mapfile -t __safeshell_wanted <<<"$__safeshell_payload"
  {
    builtin printf '%s\0' "$__safeshell_nonce A" "$BASHPID" "$3" "${#__safeshell_wanted[@]}"
    for __safeshell_question in "${__safeshell_wanted[@]}"; do
      __safeshell_tell_one "${__safeshell_question%% *}" "${__safeshell_question#* }" "${@:4}"
    done
  } >&"$__safeshell_out" 2>/dev/null
}

# Waits for the verdict, telling what is asked meanwhile. 0: run it.
__safeshell_verdict() { # OUT IN ID ARGUMENTS-OF-THE-CALLER...
  builtin local rounds
  for ((rounds = 0; rounds < 6; rounds++)); do
    __safeshell_answer "$2" "$3" || builtin return 1
    case $__safeshell_answered in
      A) builtin return 0 ;;
      N) __safeshell_tell "$@" || builtin return 1 ;;
      *) builtin return 1 ;;
    esac
  done
  builtin return 1
}

# ---- the line hook --------------------------------------------------------------------------------

# Enter plays four keys: this one; expand history; ask again; accept. The two in the middle do
# nothing unless this one found something for history expansion, which readline then does on the line
# itself: what is judged is what is on the line, and bash expands nothing after that.
__safeshell_line() {
  if [[ $- == *x* ]]; then
    builtin set +x
    __safeshell_typed "$@"
    builtin set -x
  else
    __safeshell_typed "$@"
  fi
}

__safeshell_typed() {
  # A program's own prompt (read -e, select) is none of ours.
  if [[ ${PROMPT_COMMAND[*]-} != *__safeshell_post* && ${PROMPT_COMMAND[*]-} != *SAFESHELL_HOOK* ]]; then
    # Nobody told us of the prompt: PROMPT_COMMAND was taken over.
    __safeshell_run=0 __safeshell_lent=0
    __safeshell_tampered+=' PROMPT_COMMAND'
    __safeshell_chain
  fi
  ((__safeshell_run)) && builtin return 0
  [[ $BASHPID != "$__safeshell_pid" || -n ${FUNCNAME[2]-} ]] && builtin return 0
  builtin local bang="${histchars-!^#}"
  if [[ $- == *H* && (${READLINE_LINE} == *"${bang:0:1}"* || ${READLINE_LINE:0:1} == "${bang:1:1}") ]]; then
    __safeshell_expand=1 __safeshell_pending_line=$READLINE_LINE
    __safeshell_bind '"\C-x\C-_2": history-expand-line'
    __safeshell_bind -x '"\C-x\C-_3": __safeshell_line_again "$_" || :'
    builtin return 0
  fi
  __safeshell_submit
}

__safeshell_line_again() {
  ((__safeshell_expand)) || builtin return 0
  __safeshell_expand=0
  __safeshell_bind '"\C-x\C-_2": ""'
  __safeshell_bind '"\C-x\C-_3": ""'
  # Unchanged text may be expanded again by bash: nothing changes then either, or it says why it fails.
  if [[ $READLINE_LINE != "$__safeshell_pending_line" ]]; then
    __safeshell_banged=1
    builtin set +H
  fi
  __safeshell_submit
}

__safeshell_bind() {
  builtin bind -m emacs "$@"
  builtin bind -m vi-insert "$@"
  builtin bind -m vi-command "$@"
}

# The usual case in as few commands as it goes, for each costs microseconds: one write, one read, nothing
# to watch. Anything unusual goes the longer way from where it is noticed.
__safeshell_submit() {
  if ((__safeshell_more)) || [[ $READLINE_LINE != [![:space:]]* ]]; then
    __safeshell_submit_unusual
    builtin return 0
  fi
  builtin printf '%s\0' "$__safeshell_nonce L" "$BASHPID" "$((++__safeshell_seq))" "$PWD" 0 "$READLINE_LINE" >&"$__safeshell_fd_out"
  builtin read -r -N 16 -u "$__safeshell_fd_in" __safeshell_head || __safeshell_head=
  if [[ $__safeshell_head == "${__safeshell_seq}A0000000" ]]; then
    __safeshell_head='' __safeshell_pending=$READLINE_LINE __safeshell_last=$__safeshell_seq __safeshell_credit=1 __safeshell_more=1
    # Arithmetic writes are the slow part of bash, so what is 0 already is only looked at.
    if ((__safeshell_sticky | __safeshell_multi | __safeshell_watch | __safeshell_armed)); then
      __safeshell_sticky=0 __safeshell_multi=0 __safeshell_watch=0
      __safeshell_disarm
    fi
    builtin return 0
  fi
  __safeshell_id=$__safeshell_seq
  __safeshell_obey "$READLINE_LINE"
}

# A line that continues a construct, or begins with blanks; one of nothing but blanks is not asked about.
__safeshell_submit_unusual() {
  builtin local text="$READLINE_LINE"
  if ((__safeshell_more)); then
    text=$__safeshell_pending$'\n'$text
  elif [[ $text != *[![:space:]]* ]]; then
    builtin return 0
  fi
  __safeshell_next
  builtin printf '%s\0' "$__safeshell_nonce L" "$BASHPID" "$__safeshell_id" "$PWD" "$__safeshell_more" "$text" >&"$__safeshell_fd_out"
  builtin read -r -N 16 -u "$__safeshell_fd_in" __safeshell_head || __safeshell_head=
  __safeshell_obey "$text"
}

# What the answer that begins in __safeshell_head says, is done.
__safeshell_obey() { # TEXT
  if [[ -n $__safeshell_head ]] && __safeshell_verdict "$__safeshell_fd_out" "$__safeshell_fd_in" "$__safeshell_id"; then
    __safeshell_release "$1"
  else
    __safeshell_refuse "$1"
  fi
}

__safeshell_release() { # TEXT
  __safeshell_last=$__safeshell_id __safeshell_sticky=0 __safeshell_credit=1 __safeshell_multi=0
  __safeshell_pending=$1 __safeshell_more=1 __safeshell_watch=0
  if [[ -n $__safeshell_payload ]]; then \builtin eval "$__safeshell_payload"; fi
  if [[ $__safeshell_flags == 0 ]]; then
    __safeshell_disarm
    builtin return 0
  fi
  if ((16#$__safeshell_flags & 4)); then
    builtin local breaks="${READLINE_LINE//[!$'\n']/}"
    __safeshell_credit=${#breaks}+1
    __safeshell_multi=$((__safeshell_credit > 1))
  fi
  ((16#$__safeshell_flags & 2)) && __safeshell_lend
  if ((16#$__safeshell_flags & 1)); then
    __safeshell_watch=1
    __safeshell_arm
    builtin shopt -s extdebug
  else
    __safeshell_disarm
  fi
}

# An empty line must not finish a construct that waits for more: that one is broken off.
__safeshell_refuse() { # TEXT
  READLINE_LINE= READLINE_POINT=0
  __safeshell_remember "$1"
  if ((__safeshell_more)); then
    __safeshell_more=0 __safeshell_pending=
    builtin kill -INT "$$"
  fi
}

# `history -s` would first take the last entry away, unless history is off for that moment.
__safeshell_remember() { # TEXT
  [[ -o history ]] || builtin return 0
  case ${HISTCONTROL-} in *ignorespace* | *ignoreboth*) [[ $1 == ' '* ]] && builtin return 0 ;; esac
  builtin set +o history
  builtin history -s -- "$1"
  builtin set -o history
}

# C-x C-e and v: edit in the editor, then back on the line, where Enter asks. (readline's own would
# run the text at once.)
__safeshell_edit() {
  builtin local file
  file=$(umask 077 && command mktemp "${TMPDIR:-/tmp}/bash-fc.XXXXXX") || builtin return 0
  builtin printf '%s\n' "$READLINE_LINE" >|"$file"
  command ${VISUAL:-${EDITOR:-vi}} "$file" && READLINE_LINE=$(<"$file") && READLINE_POINT=${#READLINE_LINE}
  command rm -f -- "$file"
}

# ---- the backstop ---------------------------------------------------------------------------------

# What the person's own trap sees must be what it sees without us: status, $_, no command of ours.
__safeshell_note() { __safeshell_status=$1 __safeshell_under=$2; }
__safeshell_status() { builtin return "$1"; }

__safeshell_theirs() { # FUNCTION
  case $1:$BASH_COMMAND in *__safeshell_*) builtin return 1 ;; esac
  [[ -z $1 && $BASH_SUBSHELL == 0 || $__safeshell_had == *T* ]]
}

__safeshell_arm() {
  if [[ -z $__safeshell_user_trap ]]; then
    builtin trap '((!__safeshell_run))||! __safeshell_skip "$@" "$_"' DEBUG
  else
    builtin trap '__safeshell_note "$?" "$_"
if ((!__safeshell_run))||! __safeshell_skip "$@" "$__safeshell_under"; then
if __safeshell_theirs "${FUNCNAME-}"; then
__safeshell_status "$__safeshell_status" "$__safeshell_under"
'"$__safeshell_user_trap"'
fi
__safeshell_status 0 "$__safeshell_under"; else ! __safeshell_status 0 "$__safeshell_under"; fi' DEBUG
  fi
  ((__safeshell_armed)) || __safeshell_had=$-
  __safeshell_armed=1
  builtin set -T
}

__safeshell_disarm() {
  ((__safeshell_armed)) || builtin return 0
  __safeshell_armed=0
  builtin shopt -u extdebug
  [[ $__safeshell_had == *T* ]] || builtin set +T
  [[ $__safeshell_had == *E* ]] || builtin set +E
  if [[ -z $__safeshell_user_trap ]]; then
    builtin trap - DEBUG
  else
    # (The function that is running now was entered with functrace: the rest of it meets this trap.)
    builtin trap 'case ${FUNCNAME-}:$BASH_COMMAND in (*__safeshell_*) ;; (*)
'"$__safeshell_user_trap"'
;; esac' DEBUG
  fi
}

# Status 0: skip the command, 1: run it. "$@": the positional parameters around it, then $_ (which
# this call leaves as it found it by having it last).
__safeshell_skip() {
  [[ ${FUNCNAME[1]-} == __safeshell_* || $BASH_COMMAND == __safeshell_pre || -n ${COMP_POINT-} || -n ${READLINE_POINT-} ]] &&
    builtin return 1
  if ((!__safeshell_watch && __safeshell_credit >= 0)); then
    __safeshell_disarm
    builtin return 1
  fi
  builtin shopt -s extdebug
  ((__safeshell_sticky)) && builtin return 0
  # A function call is told twice: by its caller, and again as the function is entered.
  if [[ $__safeshell_called == "$((${#FUNCNAME[@]} - 1)):$BASH_COMMAND" ]]; then
    __safeshell_called=
    builtin return 1
  fi
  __safeshell_called=
  if __safeshell_ask_one "$@"; then
    __safeshell_called=${#FUNCNAME[@]}:$BASH_COMMAND
    builtin return 1
  fi
  __safeshell_stop
  builtin return 0
}

# One process at a time: the token goes round, since answers lie in one stream.
__safeshell_ask_one() {
  builtin local token verdict=1
  builtin read -r -N 1 -u "${__safeshell_channels[4]}" token || builtin return 1
  __safeshell_next
  builtin printf '%s\0' "$__safeshell_nonce B" "$BASHPID" "$__safeshell_id" "$PWD" "$((__safeshell_credit < 0))" "$BASH_COMMAND" \
    >&"${__safeshell_channels[2]}" 2>/dev/null
  __safeshell_verdict "${__safeshell_channels[2]}" "${__safeshell_channels[3]}" "$__safeshell_id" "${@:1:$#-1}" && verdict=0
  builtin printf '%s\0' "$__safeshell_nonce D" "$BASHPID" "$__safeshell_id" >&"${__safeshell_channels[2]}" 2>/dev/null
  builtin return "$verdict"
}

# A refused command ends everything that its line still wants to run. In the main shell every further
# command is skipped (SIGINT in mid-pipeline would end the shell itself), and the guard presses Ctrl-C
# if that takes long. A subshell dies of SIGINT at once: by its own handler or by `exit` it would take
# the terminal away from the rest of its pipeline.
__safeshell_stop() {
  __safeshell_sticky=1
  [[ $BASHPID != "$__safeshell_pid" ]] || builtin return 0
  builtin trap - INT
  builtin kill -INT "$BASHPID"
}

builtin . "${BASH_SOURCE[0]%/*}/prompt.bash"
