# safeshell: run by the exported PROMPT_COMMAND of a shell that was started inside a session
# (`bash`, `exec bash`, a new tmux window). It loads the hook there, once.
#
# The session's own shell exports PROMPT_COMMAND only while a line runs that may start a shell, so it
# comes by here too, at its next prompt, and takes its own PROMPT_COMMAND back.

if [[ ${__safeshell_pid-} == "$BASHPID" ]]; then
  __safeshell_take_back || :
elif [[ $- == *i* && ${SAFESHELL_SESSION-} ]] && \builtin kill -0 "${SAFESHELL_GUARD-0}" 2>/dev/null; then
  \builtin unset PROMPT_COMMAND
  \builtin . "${BASH_SOURCE[0]%/*}/channels.bash"
  __safeshell_take_places_back
  if __safeshell_knock "${SAFESHELL_SESSION%/*}"; then
    \builtin . "${BASH_SOURCE[0]%/*}/hook.bash"
    \builtin eval "$__safeshell_entry"
  fi
fi
