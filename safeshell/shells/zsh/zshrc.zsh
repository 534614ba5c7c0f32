# safeshell: read as $ZDOTDIR/.zshrc; reads the person's own and loads the hook last. From here on
# ZDOTDIR is the person's own again (zsh finds their .zlogin and .zlogout by itself).

if [[ -n ${SAFESHELL_ZDOTDIR+x} ]]; then ZDOTDIR=$SAFESHELL_ZDOTDIR; else builtin unset ZDOTDIR; fi
builtin unset SAFESHELL_ZDOTDIR
# A system's own zshrc may have named a history below ZDOTDIR.
if [[ ${HISTFILE-} == $__safeshell_zdotdir/* ]]; then HISTFILE=${ZDOTDIR-$HOME}/${HISTFILE:t}; fi
# The names by which other shells find their hooks: this one has its own.
if [[ ${PROMPT_COMMAND-} == *SAFESHELL_HOOK* ]]; then builtin unset PROMPT_COMMAND; fi
if [[ -n ${SAFESHELL_DATA_DIRS+x} ]]; then
  if [[ -n $SAFESHELL_DATA_DIRS ]]; then builtin export XDG_DATA_DIRS="$SAFESHELL_DATA_DIRS"; else builtin unset XDG_DATA_DIRS; fi
  builtin unset SAFESHELL_DATA_DIRS
fi
if [[ -r ${ZDOTDIR-$HOME}/.zshrc ]]; then builtin source "${ZDOTDIR-$HOME}/.zshrc"; fi

() {
  \builtin emulate -L zsh -o no_aliases
  \builtin source "${1:h}/hook.zsh"
} "${${(%):-%x}:A}"
