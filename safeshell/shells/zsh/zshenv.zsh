# safeshell: zsh reads this as $ZDOTDIR/.zshenv, from the session's private directory. It reads the
# person's own .zshenv as zsh would have, and sees to it that our .zprofile and .zshrc come after it.
#
# SAFESHELL_ZDOTDIR is the person's ZDOTDIR, where they had one. What must not live here: the hook.

builtin typeset -g __safeshell_zdotdir="$ZDOTDIR"
if [[ -n ${SAFESHELL_ZDOTDIR+x} ]]; then
  builtin export ZDOTDIR="$SAFESHELL_ZDOTDIR"
else
  builtin unset ZDOTDIR
fi
if [[ -r ${ZDOTDIR-$HOME}/.zshenv ]]; then builtin source "${ZDOTDIR-$HOME}/.zshenv"; fi
if [[ -o interactive && -o rcs ]]; then
  if [[ -n ${ZDOTDIR+x} ]]; then SAFESHELL_ZDOTDIR=$ZDOTDIR; else builtin unset SAFESHELL_ZDOTDIR; fi
  ZDOTDIR=$__safeshell_zdotdir
else
  # A script needs no hook, and what it starts finds the person's own files.
  builtin unset SAFESHELL_ZDOTDIR __safeshell_zdotdir
fi
