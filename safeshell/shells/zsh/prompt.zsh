# safeshell: the hook's work at every prompt: look for tampering, arm again, show the segment.
#
# What must not live here: asking about lines (hook.zsh).

# First of precmd_functions: the line is over, and the person's own functions find their own prompt.
__safeshell_pre() {
  __safeshell_ended=$?
  builtin setopt localoptions no_localtraps no_aliases no_err_exit no_err_return no_ksh_arrays
  __safeshell_disarm
  # What stood in for a command that was never called (`false && sudo -i`).
  if [[ -n $__safeshell_stand_in ]]; then
    builtin unset -f "$__safeshell_stand_in"
    __safeshell_stand_in=
  fi
  __safeshell_take_back
  if [[ -n $__safeshell_chars ]]; then
    histchars=$__safeshell_chars __safeshell_chars=
  fi
  if [[ -n $__safeshell_painted && $PROMPT == "$__safeshell_painted" ]]; then PROMPT=$__safeshell_own; fi
}

# Last of precmd_functions: tells the guard that a prompt is due, and obeys its answer.
__safeshell_post() {
  __safeshell_verify=${options[histverify]} __safeshell_spaces=${options[histignorespace]}
  __safeshell_traits=
  builtin local trait
  for trait in interactivecomments rcquotes shwordsplit ksharrays globsubst shglob ignorebraces ignoreclosebraces \
    cshjunkiequotes cshjunkieloops kshglob shfileexpansion braceccl extendedglob autocd equals posixbuiltins posixidentifiers; do
    [[ ${options[$trait]} == on ]] && __safeshell_traits+=" $trait"
  done
  __safeshell_prompt
}

__safeshell_prompt() {
  builtin emulate -L zsh -o no_multibyte -o no_aliases -o extended_glob
  __safeshell_check
  __safeshell_next
  __safeshell_tell_names
  builtin print -rNu $__safeshell_out -- "$__safeshell_nonce P" $sysparams[pid] $__safeshell_id "$PWD" $__safeshell_last \
    $__safeshell_ended "$__safeshell_tampered" "$__safeshell_names" "$__safeshell_told_functions" '' 1 "$__safeshell_traits" 2>/dev/null
  if __safeshell_answer $__safeshell_in $__safeshell_id; then
    __safeshell_segment=$__safeshell_payload
  else
    __safeshell_segment='[UNGUARDED] '
  fi
  (( __safeshell_multi && __safeshell_credit > 0 )) || __safeshell_credit=0 __safeshell_watch=0 __safeshell_multi=0
  __safeshell_last=0 __safeshell_tampered= __safeshell_sticky=0
  __safeshell_install
  __safeshell_paint
}

# Names what was taken from us since the last prompt.
__safeshell_check() {
  (( __safeshell_prompts )) || { __safeshell_prompts=1; builtin return 0 }
  (( ! __safeshell_unseen )) || [[ -n $__safeshell_no_editor ]] || __safeshell_tampered+=' zle-line-finish'
  __safeshell_unseen=0
  [[ ${preexec_functions[(r)__safeshell_preexec]-} == __safeshell_preexec ]] || __safeshell_tampered+=' preexec_functions'
}

# Puts the segment before the person's own prompt, which may be new at every prompt; below the empty
# lines that it begins with.
__safeshell_paint() {
  builtin local own=$PROMPT blank=
  if [[ -n $__safeshell_shown ]]; then own=${own/"$__safeshell_shown"/}; fi
  __safeshell_own=$own
  blank=${(M)own##$'\n'#}
  __safeshell_shown=$__safeshell_segment
  __safeshell_painted=$blank$__safeshell_segment${own#$blank}
  PROMPT=$__safeshell_painted
}
builtin typeset -g __safeshell_own= __safeshell_ended=0 __safeshell_verify=off __safeshell_spaces=off __safeshell_no_editor=

__safeshell_install() {
  if [[ ${precmd_functions[1]-} != __safeshell_pre || ${precmd_functions[-1]-} != __safeshell_post ]]; then
    precmd_functions=(__safeshell_pre ${precmd_functions:#(__safeshell_pre|__safeshell_post|__safeshell_enter)} __safeshell_post)
  fi
  if [[ ${preexec_functions[-1]-} != __safeshell_preexec ]]; then
    preexec_functions=(${preexec_functions:#__safeshell_preexec} __safeshell_preexec)
  fi
  __safeshell_widget
}

# Whatever widget stands at zle-line-finish goes on working, before ours.
__safeshell_widget() {
  [[ ${widgets[zle-line-finish]-} == user:__safeshell_finish ]] && builtin return 0
  if (( ${+widgets[zle-line-finish]} )); then
    __safeshell_theirs=__safeshell_their_finish
    builtin zle -A zle-line-finish $__safeshell_theirs
  else
    __safeshell_theirs=
  fi
  builtin zle -N zle-line-finish __safeshell_finish
}

# While a line runs that may start a shell, the environment leads it to its hook: bash by
# PROMPT_COMMAND, zsh by ZDOTDIR, fish by XDG_DATA_DIRS.
__safeshell_lend() {
  (( __safeshell_lent )) && builtin return 0
  __safeshell_lent=1
  __safeshell_lent_zdotdir=${(Pt)${:-ZDOTDIR}}:${ZDOTDIR-}
  if (( ${+ZDOTDIR} )); then builtin typeset -gx SAFESHELL_ZDOTDIR=$ZDOTDIR; fi
  builtin typeset -gx ZDOTDIR=${SAFESHELL_SESSION:h}
  builtin typeset -gx PROMPT_COMMAND='[ ! -r "${SAFESHELL_HOOK-}" ]||. "$SAFESHELL_HOOK"'
  builtin typeset -gx SAFESHELL_DATA_DIRS=${XDG_DATA_DIRS-}
  builtin typeset -gx XDG_DATA_DIRS=$__safeshell_place:h/fish/share:${XDG_DATA_DIRS:-/usr/local/share:/usr/share}
}

__safeshell_take_back() {
  (( __safeshell_lent )) || builtin return 0
  __safeshell_lent=0
  if [[ -n $SAFESHELL_DATA_DIRS ]]; then XDG_DATA_DIRS=$SAFESHELL_DATA_DIRS; else builtin unset XDG_DATA_DIRS; fi
  case $__safeshell_lent_zdotdir in
    (:*) builtin unset ZDOTDIR ;;
    (*export*:*) builtin typeset -gx ZDOTDIR=${__safeshell_lent_zdotdir#*:} ;;
    (*) builtin unset ZDOTDIR; builtin typeset -g ZDOTDIR=${__safeshell_lent_zdotdir#*:} ;;
  esac
  builtin unset SAFESHELL_ZDOTDIR SAFESHELL_DATA_DIRS PROMPT_COMMAND
}

# A client that is typed, or called by a function of this shell, is its guarded form: a function of this
# session, never something on PATH, so scripts keep the real one, and so does `command psql`. Completion
# keeps it, too. Functions of the person's own stay as they are.
builtin typeset -gr __safeshell_clients=${SAFESHELL_CLIENTS-}
__safeshell_guarded() { # CLIENT WORDS...
  builtin local client=$1
  builtin shift
  if (( ${+WIDGET} )); then
    command -- $client "$@"
  elif [[ -n $__safeshell_clients && -x $__safeshell_clients/safe-$client ]]; then
    $__safeshell_clients/safe-$client "$@"
  else
    builtin print -ru2 -- "safeshell: refused: safe-$client is gone; install it again, or see what command $client asks"
    builtin return 126
  fi
}
__safeshell_guard_clients() {
  builtin local client
  [[ -n $__safeshell_clients ]] || builtin return 0
  for client in psql redis-cli ssh; do
    [[ -x $__safeshell_clients/safe-$client ]] || builtin continue
    (( ${+functions[$client]} )) || functions[$client]="__safeshell_guarded $client \"\$@\""
  done
}
__safeshell_guard_clients

builtin typeset -g __safeshell_pid=$sysparams[pid]
if [[ -n ${SAFESHELL_CHANNELS-} ]]; then
  __safeshell_open "$SAFESHELL_CHANNELS"
  builtin unset SAFESHELL_CHANNELS
else
  __safeshell_knock "${SAFESHELL_SESSION:h}"
fi || { builtin print -ru2 -- 'safeshell: this zsh found no guard: UNGUARDED'; builtin return 1 }
builtin print -rNu $__safeshell_out -- "$__safeshell_nonce H" $sysparams[pid] "zsh $ZSH_VERSION" 2>/dev/null
precmd_functions+=()
preexec_functions+=()
__safeshell_install
