# safeshell: the hook inside bash. It asks the guard before a line runs, and obeys.
#
# What lives here: telling (frames of NUL-ended fields) and obeying (16-character answers). What must
# not: judging. Every builtin is called by `builtin`, since people define functions of the same names,
# and nothing forks between Enter and the answer. Laws of this file:
#   - At the prompt the DEBUG trap is armed; the line hook takes it off for a line that was cleared
#     whole. So a line that never met the line hook always meets the trap.
#   - `__safeshell_run` is 1 from PS0 (a line was read and starts) to the first PROMPT_COMMAND.
#     Completion, prompts and key bindings run while it is 0 and are nobody's business.
#   - No answer, a wrong answer, end of file: no.

\builtin shopt -q expand_aliases && __safeshell_aliases=1
\builtin shopt -u expand_aliases

builtin declare -i __safeshell_run=0 __safeshell_credit=0 __safeshell_more=0 __safeshell_sticky=0 \
  __safeshell_seq=0 __safeshell_watch=0 __safeshell_multi=0
__safeshell_pid=$BASHPID
__safeshell_pending='' __safeshell_user_trap='' __safeshell_last=0
__safeshell_segment='' __safeshell_ps1='' __safeshell_ps1_user=''
builtin readonly __safeshell_e=x __safeshell_nonce

# ---- asking -------------------------------------------------------------------------------------

# Reads answers until ours comes: id (8), verdict, flags, length of what follows (6).
__safeshell_answer() { # FD ID
  builtin local head tries
  for ((tries = 0; tries < 64; tries++)); do
    head=
    IFS= builtin read -r -N 16 -u "$1" head || builtin return 1
    __safeshell_payload=
    if [[ ${head:10:6} != 000000 ]]; then
      builtin local LC_ALL=C
      IFS= builtin read -r -N $((10#${head:10:6})) -u "$1" __safeshell_payload || builtin return 1
      builtin unset LC_ALL
    fi
    if [[ ${head:0:8} == "$2" ]]; then
      __safeshell_verdict=${head:8:1} __safeshell_flags=${head:9:1}
      builtin return 0
    fi
  done
  builtin return 1
}

# Answers the guard's own questions: lines of `kind name`. Every reply is +value or -, NUL-ended.
__safeshell_tell() { # FD ID ARGUMENTS-OF-THE-CALLER...
  builtin local __safeshell_fd="$1" __safeshell_id="$2" __safeshell_kind __safeshell_name
  builtin local -a __safeshell_wanted
  builtin shift 2
  builtin mapfile -t __safeshell_wanted <<<"$__safeshell_payload"
  {
    builtin printf '%s\0' "$__safeshell_nonce A" "$BASHPID" "$__safeshell_id" "${#__safeshell_wanted[@]}"
    for __safeshell_name in "${__safeshell_wanted[@]}"; do
      __safeshell_kind=${__safeshell_name%% *} __safeshell_name=${__safeshell_name#* }
      case $__safeshell_kind in
        variable)
          case $__safeshell_name in
            [1-9] | [1-9][0-9])
              if ((__safeshell_name <= $#)); then builtin printf '+%s\0' "${!__safeshell_name}"; else builtin printf -- '-\0'; fi ;;
            '@' | '*') builtin printf '+%s\0' "$*" ;;
            '#') builtin printf '+%s\0' "$#" ;;
            [!a-zA-Z_]* | *[!a-zA-Z0-9_]* | '') builtin printf -- '-\0' ;;
            *) if [[ -n ${!__safeshell_name+x} ]]; then builtin printf '+%s\0' "${!__safeshell_name}"; else builtin printf -- '-\0'; fi ;;
          esac ;;
        alias)
          if [[ -n ${BASH_ALIASES["$__safeshell_name"]+x} ]]; then
            builtin printf '+%s\0' "${BASH_ALIASES["$__safeshell_name"]}"
          else builtin printf -- '-\0'; fi ;;
        function)
          if builtin declare -F -- "$__safeshell_name" >/dev/null 2>&1; then
            builtin printf '+'
            builtin declare -f -- "$__safeshell_name"
            builtin printf '\0'
          else builtin printf -- '-\0'; fi ;;
        *) builtin printf -- '-\0' ;;
      esac
    done
  } >&"$__safeshell_fd" 2>/dev/null
}

# Waits for the verdict, telling what is asked meanwhile. 0: run it.
__safeshell_verdict() { # FD ID ARGUMENTS-OF-THE-CALLER...
  builtin local rounds
  for ((rounds = 0; rounds < 6; rounds++)); do
    __safeshell_answer "$1" "$2" || { __safeshell_flags=0; builtin return 1; }
    case $__safeshell_verdict in
      A) builtin return 0 ;;
      N) __safeshell_tell "$@" || builtin return 1 ;;
      *) builtin return 1 ;;
    esac
  done
  builtin return 1
}

# ---- the line hook --------------------------------------------------------------------------------

__safeshell_line() {
  # A program's own prompt (read -e, select) is none of ours.
  ((__safeshell_run)) || [[ $BASHPID != "$__safeshell_pid" || -n ${FUNCNAME[1]-} ]] && builtin return 0
  __safeshell_submit
  builtin return 0
}

__safeshell_submit() {
  builtin local text="$READLINE_LINE" id
  if ((__safeshell_more)); then
    text=$__safeshell_pending$'\n'$text
  elif [[ $text != *[![:space:]]* ]]; then
    builtin return 0
  fi
  builtin printf -v id '%08x' $((__safeshell_seq = (__safeshell_seq + 1) % 0x7fffffff))
  builtin printf '%s\0' "$__safeshell_nonce L" "$BASHPID" "$id" "$PWD" "$__safeshell_more" "$text" \
    >&"${__safeshell_channels[0]}" 2>/dev/null
  if __safeshell_verdict "${__safeshell_channels[0]}" "$id"; then
    __safeshell_release "$text" "$id"
  else
    __safeshell_refuse "$text"
  fi
}

__safeshell_release() { # TEXT ID
  __safeshell_last=$2 __safeshell_sticky=0 __safeshell_credit=1 __safeshell_multi=0
  __safeshell_pending=$1 __safeshell_more=1
  if [[ $READLINE_LINE == *$'\n'* ]]; then
    builtin local breaks="${READLINE_LINE//[!$'\n']/}"
    __safeshell_multi=1 __safeshell_credit=${#breaks}+1
  fi
  case $__safeshell_flags in
    *[13579bdf]) __safeshell_watch=1; __safeshell_arm; builtin shopt -s extdebug ;;
    *) __safeshell_watch=0; __safeshell_disarm ;;
  esac
}

__safeshell_refuse() { # TEXT
  READLINE_LINE= READLINE_POINT=0
  __safeshell_remember "$1"
}

# `history -s` would first take the last entry away, unless history is off for that moment.
__safeshell_remember() { # TEXT
  [[ -o history ]] || builtin return 0
  case ${HISTCONTROL-} in *ignorespace* | *ignoreboth*) [[ $1 == ' '* ]] && builtin return 0 ;; esac
  builtin set +o history
  builtin history -s -- "$1"
  builtin set -o history
}

# ---- the backstop ---------------------------------------------------------------------------------

__safeshell_arm() {
  builtin trap '((!__safeshell_run))||__safeshell_debug "$@" "$_"' DEBUG
  builtin set -T
}

__safeshell_disarm() {
  builtin shopt -u extdebug
  builtin set +T +E
  builtin trap - DEBUG
}

# Status 0 lets the command run, 1 skips it (extdebug). "$@": its positional parameters, then $_.
__safeshell_debug() {
  [[ $BASH_COMMAND == __safeshell_pre || -n ${COMP_POINT-} || -n ${READLINE_POINT-} ]] && builtin return 0
  if ((!__safeshell_watch && __safeshell_credit >= 0)); then
    __safeshell_disarm
    builtin return 0
  fi
  builtin shopt -s extdebug
  ((__safeshell_sticky)) && builtin return 1
  builtin local token id verdict
  builtin read -r -N 1 -u "${__safeshell_channels[2]}" token || { __safeshell_deny; builtin return 1; }
  builtin printf -v id '%08x' $((__safeshell_seq = (__safeshell_seq + 1) % 0x7fffffff))
  builtin printf '%s\0' "$__safeshell_nonce B" "$BASHPID" "$id" "$PWD" $((__safeshell_credit < 0)) "$BASH_COMMAND" \
    >&"${__safeshell_channels[1]}" 2>/dev/null
  __safeshell_verdict "${__safeshell_channels[1]}" "$id" "${@:1:$#-1}"
  verdict=$?
  builtin printf '%s\0' "$__safeshell_nonce D" "$BASHPID" "$id" >&"${__safeshell_channels[1]}" 2>/dev/null
  ((verdict == 0)) && builtin return 0
  __safeshell_deny
  builtin return 1
}

__safeshell_deny() {
  __safeshell_sticky=1
  if [[ $BASHPID != "$__safeshell_pid" ]]; then
    builtin kill -INT "$BASHPID"
    builtin exit 130
  fi
  builtin kill -INT $$
}

# ---- the prompt -----------------------------------------------------------------------------------

__safeshell_pre() {
  __safeshell_run=0
  [[ -n $__safeshell_ps1 && ${PS1-} == "$__safeshell_ps1" ]] && PS1=$__safeshell_ps1_user
  builtin return 0
}

__safeshell_post() {
  builtin local status="$?" id
  __safeshell_run=0 __safeshell_more=0
  ((__safeshell_multi)) || __safeshell_credit=0 __safeshell_watch=0
  [[ $BASHPID == "$__safeshell_pid" ]] || builtin return 0
  __safeshell_install
  builtin printf -v id '%08x' $((__safeshell_seq = (__safeshell_seq + 1) % 0x7fffffff))
  {
    builtin printf '%s\0' "$__safeshell_nonce P" "$BASHPID" "$id" "$PWD" "$__safeshell_last" "$status"
    builtin compgen -a
    builtin printf '\0'
    builtin compgen -A function
    builtin printf '\0'
  } >&"${__safeshell_channels[0]}" 2>/dev/null
  __safeshell_last=0
  if __safeshell_answer "${__safeshell_channels[0]}" "$id"; then __safeshell_segment=$__safeshell_payload; fi
  __safeshell_paint
  builtin return 0
}

# Puts the segment before the person's own PS1, which may be new at every prompt.
__safeshell_paint() {
  [[ -n $__safeshell_ps1 && ${PS1-} == "$__safeshell_ps1" ]] && PS1=$__safeshell_ps1_user
  __safeshell_ps1_user=${PS1-}
  __safeshell_ps1=$__safeshell_segment${PS1-}
  PS1=$__safeshell_ps1
}

__safeshell_install() {
  builtin local map
  for map in emacs vi-insert vi-command; do
    builtin bind -m "$map" -x '"\C-x\C-_1": __safeshell_line'
    builtin bind -m "$map" '"\C-x\C-_2": ""'
    builtin bind -m "$map" '"\C-x\C-_3": ""'
    builtin bind -m "$map" '"\C-x\C-_4": accept-line'
    builtin bind -m "$map" '"\C-x\C-_5": operate-and-get-next'
    builtin bind -m "$map" '"\C-m": "\C-x\C-_1\C-x\C-_2\C-x\C-_3\C-x\C-_4"'
    builtin bind -m "$map" '"\C-j": "\C-x\C-_1\C-x\C-_2\C-x\C-_3\C-x\C-_4"'
    builtin bind -m "$map" '"\C-o": "\C-x\C-_1\C-x\C-_2\C-x\C-_3\C-x\C-_5"'
  done
  [[ ${PS0-} == *__safeshell_run* ]] ||
    PS0='${__safeshell_e:$((__safeshell_run=1,__safeshell_more=0,__safeshell_credit-=1,__safeshell_sticky=__safeshell_sticky&&__safeshell_credit>=0,1)):0}'${PS0-}
  [[ ${PROMPT_COMMAND[0]-} == __safeshell_pre && ${PROMPT_COMMAND[-1]} == __safeshell_post ]] || __safeshell_chain
  __safeshell_arm
}

__safeshell_chain() {
  builtin local entry
  builtin local -a own
  own=()
  for entry in "${PROMPT_COMMAND[@]}"; do
    case $entry in __safeshell_pre | __safeshell_post | '') ;; *) own+=("$entry") ;; esac
  done
  PROMPT_COMMAND=(__safeshell_pre "${own[@]}" __safeshell_post)
}

__safeshell_hello() {
  builtin printf '%s\0' "$__safeshell_nonce H" "$BASHPID" "$BASH_VERSION" >&"${__safeshell_channels[0]}" 2>/dev/null
}

__safeshell_hello
__safeshell_install
builtin readonly -f __safeshell_answer __safeshell_tell __safeshell_verdict __safeshell_line __safeshell_submit \
  __safeshell_release __safeshell_refuse __safeshell_remember __safeshell_arm __safeshell_disarm \
  __safeshell_debug __safeshell_deny __safeshell_pre __safeshell_post __safeshell_paint __safeshell_install __safeshell_chain
if [[ ${__safeshell_aliases-} ]]; then builtin shopt -s expand_aliases; fi
builtin unset __safeshell_aliases
