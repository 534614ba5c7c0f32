# safeshell: read as $ZDOTDIR/.zprofile by a login zsh; reads the person's own.

if [[ -n ${SAFESHELL_ZDOTDIR+x} ]]; then ZDOTDIR=$SAFESHELL_ZDOTDIR; else builtin unset ZDOTDIR; fi
if [[ -r ${ZDOTDIR-$HOME}/.zprofile ]]; then builtin source "${ZDOTDIR-$HOME}/.zprofile"; fi
if [[ -n ${ZDOTDIR+x} ]]; then SAFESHELL_ZDOTDIR=$ZDOTDIR; else builtin unset SAFESHELL_ZDOTDIR; fi
ZDOTDIR=$__safeshell_zdotdir
