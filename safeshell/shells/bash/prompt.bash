# safeshell: the hook's work at every prompt: arm again, look for tampering, show the segment.
#
# What must not live here: asking about lines (hook.bash).

# First of PROMPT_COMMAND: the line is over, and the person's own commands find their own PS1.
__safeshell_pre() {
  # Who traces (set -x) wants to see their own commands, not a hundred of ours.
  if [[ $- == *x* ]]; then
    builtin set +x
    __safeshell_traced=1
  fi
  __safeshell_run=0
  # What stood in for a command that was never called (`false && sudo -i`).
  if [[ -n $__safeshell_stand_in ]]; then
    builtin unset -f "$__safeshell_stand_in"
    __safeshell_stand_in=
  fi
  if [[ -n $__safeshell_ps1 && ${PS1-} == "$__safeshell_ps1" ]]; then PS1=$__safeshell_ps1_user; fi
}

# Last of PROMPT_COMMAND, in three parts: inside a function bash hides the DEBUG trap, so the middle
# part stands between two of them.
__safeshell_entry='__safeshell_report||:; builtin trap -p DEBUG >&"${__safeshell_channels[0]}" 2>/dev/null; __safeshell_post||:'
builtin readonly __safeshell_entry

# Tells the guard that a prompt is due.
__safeshell_report() {
  __safeshell_ended=$?
  __safeshell_run=0 __safeshell_more=0 __safeshell_expand=0
  if ((__safeshell_banged)); then
    __safeshell_banged=0
    builtin set -H
  fi
  __safeshell_check
  __safeshell_next
  {
    builtin printf '%s\0' "$__safeshell_nonce P" "$BASHPID" "$__safeshell_id" "$PWD" "$__safeshell_last" "$__safeshell_ended" "$__safeshell_tampered"
    builtin compgen -a
    builtin printf '\0'
    builtin compgen -A function
    builtin printf '\0'
  } >&"${__safeshell_channels[0]}" 2>/dev/null
}

# Obeys the guard's answer and arms again.
__safeshell_post() {
  {
    builtin printf '\0'
    builtin bind -s
    builtin printf '\0\0'
  } >&"${__safeshell_channels[0]}" 2>/dev/null
  if __safeshell_answer "${__safeshell_channels[1]}" "$__safeshell_id"; then
    __safeshell_segment=$__safeshell_payload
    if ((16#$__safeshell_flags & 8)); then __safeshell_learn_trap "${__safeshell_channels[1]}"; fi
  else
    __safeshell_segment='[UNGUARDED] '
  fi
  ((__safeshell_multi && __safeshell_credit > 0)) || __safeshell_credit=0 __safeshell_watch=0 __safeshell_multi=0
  __safeshell_last=0 __safeshell_tampered=
  __safeshell_install
  __safeshell_paint
  if ((__safeshell_traced)); then
    __safeshell_traced=0
    builtin set -x
  fi
}

# The guard saw a DEBUG trap that is the person's own, and gives its text back (no fork that way).
__safeshell_learn_trap() { # IN
  __safeshell_answer "$1" "$__safeshell_id" || builtin return 0
  __safeshell_words=(trap -- '' DEBUG)
  # (Under posix `trap -p` prints a trap that is not set as a bare dash; a text is always quoted.)
  if [[ $__safeshell_payload == 'trap -- '* && $__safeshell_payload != 'trap -- - '* ]]; then builtin eval "__safeshell_words=($__safeshell_payload)"; fi
  __safeshell_user_trap=${__safeshell_words[2]}
}

# Names what was taken from us since the last prompt.
__safeshell_check() {
  ((__safeshell_prompts)) || { __safeshell_prompts=1; builtin return 0; }
  [[ ${PS0-} == *"$__safeshell_ps0"* ]] || __safeshell_tampered+=' PS0'
  [[ ${PROMPT_COMMAND[0]-} == __safeshell_pre ]] || __safeshell_tampered+=' PROMPT_COMMAND'
  ((__safeshell_watch)) && [[ $- != *T* ]] && __safeshell_tampered+=' functrace'
  builtin return 0
}

# Puts the segment before the person's own PS1, which may be new at every prompt; below the empty
# lines that it begins with.
__safeshell_paint() {
  builtin local own="${PS1-}" blank=
  if [[ -n $__safeshell_ps1 && $own == "$__safeshell_ps1" ]]; then
    own=$__safeshell_ps1_user
  elif [[ -n $__safeshell_shown && $own == *"$__safeshell_shown"* ]]; then
    own=${own/"$__safeshell_shown"/}
  fi
  __safeshell_ps1_user=$own
  while [[ $own == '\n'* || $own == $'\n'* ]]; do
    if [[ $own == $'\n'* ]]; then blank+=$'\n' own=${own:1}; else blank+='\n' own=${own:2}; fi
  done
  __safeshell_shown=$__safeshell_segment
  __safeshell_ps1=$blank$__safeshell_segment$own
  PS1=$__safeshell_ps1
}
__safeshell_shown=''

__safeshell_install() {
  # ble.sh replaces readline as a whole: no line hook there, so every command meets the trap.
  [[ -n ${BLE_VERSION-} ]] || __safeshell_keys
  [[ ${PS0-} == *"$__safeshell_ps0"* ]] || PS0=$__safeshell_ps0${PS0-}
  [[ ${PROMPT_COMMAND[0]-} == __safeshell_pre && ${PROMPT_COMMAND[-1]} == "$__safeshell_entry" ]] || __safeshell_chain
  if builtin declare -F __atuin_accept_line >/dev/null; then __safeshell_wrap_atuin; fi
  __safeshell_arm
}

# atuin runs a chosen line by itself, inside a key binding: it has to ask first.
__safeshell_wrap_atuin() {
  builtin local body
  if builtin declare -F __safeshell_atuin >/dev/null; then builtin return 0; fi
  body=$(builtin declare -f __atuin_accept_line)
  builtin eval "__safeshell_atuin ${body#__atuin_accept_line }"
  __atuin_accept_line() {
    builtin local READLINE_LINE="$1"
    __safeshell_submit
    __safeshell_more=0
    if [[ -n $READLINE_LINE ]]; then __safeshell_atuin "$@"; fi
  }
}

__safeshell_keys() {
  builtin local map
  for map in emacs vi-insert vi-command; do
    builtin bind -m "$map" -x '"\C-x\C-_1": __safeshell_line "$_" || :'
    builtin bind -m "$map" '"\C-x\C-_2": ""'
    builtin bind -m "$map" '"\C-x\C-_3": ""'
    builtin bind -m "$map" '"\C-x\C-_4": accept-line'
    builtin bind -m "$map" '"\C-x\C-_5": operate-and-get-next'
    builtin bind -m "$map" '"\C-m": "\C-x\C-_1\C-x\C-_2\C-x\C-_3\C-x\C-_4"'
    builtin bind -m "$map" '"\C-j": "\C-x\C-_1\C-x\C-_2\C-x\C-_3\C-x\C-_4"'
    builtin bind -m "$map" '"\C-o": "\C-x\C-_1\C-x\C-_2\C-x\C-_3\C-x\C-_5"'
    builtin bind -m "$map" -u edit-and-execute-command
    builtin bind -m "$map" -u vi-edit-and-execute-command
    builtin bind -m "$map" -x '"\C-x\C-e": __safeshell_edit || :'
  done
  builtin bind -m vi-command -x '"v": __safeshell_edit || :'
}

__safeshell_chain() {
  builtin local entry
  builtin local -a own
  own=()
  for entry in "${PROMPT_COMMAND[@]}"; do
    case $entry in __safeshell_pre | "$__safeshell_entry" | '') ;; *) own+=("$entry") ;; esac
  done
  PROMPT_COMMAND=(__safeshell_pre "${own[@]}" "$__safeshell_entry")
}

# While a line runs that may start a shell, PROMPT_COMMAND is exported: it loads the hook in there.
__safeshell_lend() {
  [[ -r ${SAFESHELL_HOOK-} ]] || builtin return 0
  ((__safeshell_lent)) || __safeshell_commands=("${PROMPT_COMMAND[@]}")
  if ((!__safeshell_lent)) && [[ -n ${SAFESHELL_SESSION-} ]]; then __safeshell_lend_places; fi
  __safeshell_lent=1
  builtin unset PROMPT_COMMAND
  builtin export PROMPT_COMMAND='[ ! -r "${SAFESHELL_HOOK-}" ]||. "$SAFESHELL_HOOK"'
}

__safeshell_take_back() {
  builtin local entry
  __safeshell_status=$?
  ((__safeshell_lent)) || builtin return 0
  __safeshell_lent=0
  __safeshell_take_places_back
  builtin unset PROMPT_COMMAND
  PROMPT_COMMAND=("${__safeshell_commands[@]}")
  for entry in "${__safeshell_commands[@]}"; do
    __safeshell_status "$__safeshell_status"
    builtin eval "$entry"
  done
}

# A client that is typed, or called by a function of this shell, is its guarded form: a function of this
# session, never something on PATH, so scripts keep the real one, and so does `command psql`. What runs
# beside a line (completion, prompts) keeps it, too. Functions of the person's own stay as they are.
__safeshell_clients=${SAFESHELL_CLIENTS-}
builtin readonly __safeshell_clients
__safeshell_guarded() { # CLIENT WORDS...
  builtin local client="$1"
  builtin shift
  if ((!__safeshell_run)); then
    builtin command -- "$client" "$@"
  elif [[ -n $__safeshell_clients && -x $__safeshell_clients/safe-$client ]]; then
    "$__safeshell_clients/safe-$client" "$@"
  else
    builtin printf 'safeshell: refused: safe-%s is gone; install it again, or see what command %s asks\n' "$client" "$client" >&2
    builtin return 126
  fi
}
__safeshell_guard_clients() {
  builtin local client
  [[ -n $__safeshell_clients ]] || builtin return 0
  for client in psql redis-cli ssh; do
    [[ -x $__safeshell_clients/safe-$client ]] || builtin continue
    builtin declare -F -- "$client" >/dev/null || builtin eval "function $client { __safeshell_guarded $client \"\$@\"; }"
  done
}
__safeshell_guard_clients

builtin printf '%s\0' "$__safeshell_nonce H" "$BASHPID" "$BASH_VERSION" >&"${__safeshell_channels[0]}" 2>/dev/null
__safeshell_keys
__safeshell_chain
builtin readonly -f __safeshell_next __safeshell_answer __safeshell_tell_one __safeshell_tell __safeshell_verdict \
  __safeshell_line __safeshell_line_again __safeshell_bind __safeshell_submit __safeshell_submit_unusual __safeshell_obey __safeshell_release __safeshell_refuse \
  __safeshell_remember __safeshell_edit __safeshell_note __safeshell_status __safeshell_arm __safeshell_theirs __safeshell_disarm \
  __safeshell_skip __safeshell_ask_one __safeshell_stop __safeshell_pre __safeshell_post __safeshell_report \
  __safeshell_learn_trap __safeshell_check __safeshell_paint __safeshell_install __safeshell_chain __safeshell_lend __safeshell_keys __safeshell_wrap_atuin \
  __safeshell_take_back __safeshell_lend_places __safeshell_take_places_back __safeshell_guarded __safeshell_guard_clients
if [[ -n $__safeshell_aliases ]]; then builtin shopt -s expand_aliases; fi
