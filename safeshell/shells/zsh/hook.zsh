# safeshell: the hook inside zsh. It asks the guard before a line runs, and obeys.
#
# What lives here: telling (frames of NUL-ended fields, told in protocols/hook.py) and obeying
# (16-character answers). What must not: judging. Laws of these files:
#   - Every builtin is called by `builtin`: people define functions of the same names. The functions
#     that zsh calls set zsh's own options for themselves (`emulate -L`); the others are called by those.
#   - zle-line-finish sees every line that an editor widget accepts, whatever key or widget that was.
#     What it released is counted in `__safeshell_credit`; a line beyond that (no editor, a widget taken
#     away) is asked as a whole by preexec.
#   - A DEBUG trap is set only for lines that were not cleared whole, from preexec to precmd.
#   - No answer, a wrong answer, end of file: no.

builtin zmodload zsh/system zsh/parameter zsh/zle zsh/zleparameter || builtin return 1

builtin typeset -gi __safeshell_seq=0 __safeshell_credit=0 __safeshell_watch=0 __safeshell_armed=0 \
  __safeshell_sticky=0 __safeshell_lent=0 __safeshell_inside=0 __safeshell_flags=0 __safeshell_prompts=0 \
  __safeshell_multi=0 __safeshell_unseen=0
builtin typeset -g __safeshell_id= __safeshell_answered= __safeshell_payload= __safeshell_last=0 __safeshell_chars= __safeshell_globs= \
  __safeshell_expanding= __safeshell_shown= __safeshell_painted= __safeshell_segment= __safeshell_traits= \
  __safeshell_theirs= __safeshell_old_trap= __safeshell_tampered= __safeshell_lent_zdotdir= __safeshell_lent_data= __safeshell_stand_in=
builtin typeset -g __safeshell_place="${${(%):-%x}:A:h}" __safeshell_names= __safeshell_told_functions=
builtin typeset -g __safeshell_out __safeshell_in __safeshell_back_out __safeshell_back_in __safeshell_token __safeshell_nonce

# ---- asking -------------------------------------------------------------------------------------

# Opens the pipes BASE.lo .li .bo .bi .t; no program started from this shell ever holds one.
__safeshell_open() { # BASE
  sysopen -w -o cloexec -u __safeshell_out -- "$1.lo" && sysopen -r -o cloexec -u __safeshell_in -- "$1.li" &&
    sysopen -w -o cloexec -u __safeshell_back_out -- "$1.bo" && sysopen -r -o cloexec -u __safeshell_back_in -- "$1.bi" &&
    sysopen -r -o cloexec -u __safeshell_token -- "$1.t" || builtin return 1
  builtin local REPLY
  __safeshell_take $__safeshell_in 32 || builtin return 1
  __safeshell_nonce=$REPLY
}

# A shell started by hand inside the session knocks at its door.
__safeshell_knock() { # DIRECTORY
  builtin local base="$1/n.$sysparams[pid]" door
  ( builtin umask 077; command mkfifo "$base.lo" "$base.li" "$base.bo" "$base.bi" "$base.t" ) 2>/dev/null || builtin return 1
  sysopen -rw -o cloexec -u door -- "$1/nest" || builtin return 1
  builtin print -u $door -- $sysparams[pid]
  builtin exec {door}>&-
  __safeshell_open "$base"
}

# Reads exactly COUNT bytes into REPLY.
__safeshell_take() { # DESCRIPTOR COUNT
  builtin local part
  REPLY=
  while (( ${#REPLY} < $2 )); do
    sysread -i $1 -s $(( $2 - ${#REPLY} )) part || builtin return 1
    REPLY+=$part
  done
}

__safeshell_next() {
  (( __safeshell_seq = (__safeshell_seq + 1) % 0x7fffffff, 1 ))
  builtin printf -v __safeshell_id '%08x' $__safeshell_seq
}

# Reads answers until ours comes: id (8), verdict, flags, length of what follows (6).
__safeshell_answer() { # DESCRIPTOR ID
  builtin local REPLY head
  builtin integer tries
  for (( tries = 0; tries < 64; tries++ )); do
    __safeshell_payload= __safeshell_flags=0
    __safeshell_take $1 16 || builtin return 1
    head=$REPLY
    if [[ ${head[11,16]} != 000000 ]]; then
      __safeshell_take $1 $(( 10#${head[11,16]} )) || builtin return 1
      __safeshell_payload=$REPLY
    fi
    if [[ ${head[1,8]} == $2 ]]; then
      __safeshell_answered=${head[9]} __safeshell_flags=$(( 16#${head[10]} ))
      builtin return 0
    fi
  done
  builtin return 1
}

# One answer to a question of the guard, into `told`: +value, - where there is none, ? where it can't
# be told in one text (an array).
__safeshell_tell_one() { # KIND NAME ARGUMENTS...
  builtin local __safeshell_kind=$1 __safeshell_name=$2
  builtin shift 2
  case $__safeshell_kind:$__safeshell_name in
    (variable:[1-9]|variable:[1-9][0-9])
      if (( __safeshell_name <= $# )); then told+=("+${@[__safeshell_name]}"); else told+=(-); fi ;;
    (variable:[@*]) told+=("+$*") ;;
    (variable:\#) told+=("+$#") ;;
    (variable:|variable:[^a-zA-Z_]*|variable:*[^a-zA-Z0-9_]*) told+=(-) ;;
    (variable:*)
      if (( ! ${(P)+__safeshell_name} )); then told+=(-)
      elif [[ ${(Pt)__safeshell_name} == (array|association)* ]]; then told+=('?')
      else told+=("+${(P)__safeshell_name}"); fi ;;
    (alias:-s\ ?*)
      __safeshell_name=${__safeshell_name#-s }
      if (( ${+saliases[$__safeshell_name]} )); then told+=("+${saliases[$__safeshell_name]}"); else told+=(-); fi ;;
    (alias:-g\ ?*)
      __safeshell_name=${__safeshell_name#-g }
      if (( ${+galiases[$__safeshell_name]} )); then told+=("+${galiases[$__safeshell_name]}"); else told+=(-); fi ;;
    (alias:?*)
      if (( ${+aliases[$__safeshell_name]} )); then told+=("+${aliases[$__safeshell_name]}"); else told+=(-); fi ;;
    (function:?*)
      if (( ${+functions[$__safeshell_name]} )); then
        [[ ${functions[$__safeshell_name]} == 'builtin autoload -X'* ]] && builtin autoload +X -- $__safeshell_name 2>/dev/null
        if [[ ${functions[$__safeshell_name]} == 'builtin autoload -X'* ]]; then told+=('?')
        else told+=("+$__safeshell_name () {"$'\n'"${functions[$__safeshell_name]}"$'\n}'); fi
      else told+=(-); fi ;;
    (glob:?*) __safeshell_tell_pattern "$__safeshell_name" ;;
    (*) told+=(-) ;;
  esac
}

# What a pattern stands for, as the person's own options have it, one name a line: for a preview. In a process
# of its own, since a tree may be big: nothing for a second, or more than anybody reads, is not told.
__safeshell_tell_pattern() { # PATTERN
  builtin setopt local_options null_glob multibyte no_monitor
  [[ $__safeshell_globs == *x* ]] || builtin setopt no_extended_glob
  [[ $__safeshell_globs != *d* ]] || builtin setopt glob_dots
  [[ $__safeshell_globs != *c* ]] || builtin setopt no_case_glob
  builtin local door part names= pattern=$1
  builtin integer ended=0
  builtin exec {door}< <({ builtin print -rNn -- ${~pattern}; builtin print -rn -- . } 2>/dev/null)
  while (( ! ended )); do
    sysread -i $door -t 1 part
    ended=$?
    (( ended )) || names+=$part
    (( ${#names} < 200000 )) || ended=4
  done
  builtin exec {door}<&-
  if [[ $ended == 5 && $names == *. && $names != *$'\n'* ]]; then
    names=${names%.}
    told+=("+${(pj:\n:)${(0)names}}")
  else
    (( ${+sysparams[procsubstpid]} )) && builtin kill -KILL $sysparams[procsubstpid] 2>/dev/null
    told+=('?')
  fi
}

__safeshell_tell() { # OUT IN ID ARGUMENTS...
  builtin local __safeshell_question
  builtin local -a told
  for __safeshell_question in "${(@f)__safeshell_payload}"; do
    __safeshell_tell_one "${__safeshell_question%% *}" "${__safeshell_question#* }" "${@[4,-1]}"
  done
  builtin print -rNu $1 -- "$__safeshell_nonce A" $sysparams[pid] $3 $#told "${told[@]}" 2>/dev/null
}

# Waits for the verdict, telling what is asked meanwhile. 0: run it.
__safeshell_verdict() { # OUT IN ID ARGUMENTS-OF-THE-CALLER...
  builtin integer rounds
  for (( rounds = 0; rounds < 6; rounds++ )); do
    __safeshell_answer $2 $3 || builtin return 1
    case $__safeshell_answered in
      (A) builtin return 0 ;;
      (N) __safeshell_tell "$@" || builtin return 1 ;;
      (*) builtin return 1 ;;
    esac
  done
  builtin return 1
}

# The names of aliases (those of other kinds marked) and functions, one a line.
__safeshell_tell_names() {
  builtin local -a names
  names=(${(k)aliases})
  (( $#galiases )) && names+=(${${(k)galiases}/#/-g })
  (( $#saliases )) && names+=(${${(k)saliases}/#/-s })
  __safeshell_names=${(pj:\n:)names}
  names=(${(k)functions})
  __safeshell_told_functions=${(pj:\n:)names}
}

# ---- the line hook --------------------------------------------------------------------------------

# (Called under the person's own options: it notes those that decide how the text will be read.)
__safeshell_finish() {
  (( __safeshell_inside )) && builtin return 0
  __safeshell_expanding=${options[banghist]}
  __safeshell_globs=${${(M)options[extendedglob]:#on}:+x}${${(M)options[globdots]:#on}:+d}${${(M)options[caseglob]:#off}:+c}
  {
    __safeshell_inside=1
    [[ -z $__safeshell_theirs ]] || builtin zle $__safeshell_theirs "$@"
  } always {
    __safeshell_inside=0
    TRY_BLOCK_ERROR=0
  }
  __safeshell_typed
}

# Where precmd_functions was emptied, nobody told us of this prompt.
__safeshell_present() {
  if (( ! ${precmd_functions[(I)__safeshell_post]} )); then
    __safeshell_tampered+=' precmd_functions'
    __safeshell_pre
    __safeshell_install
  fi
}

__safeshell_typed() {
  builtin emulate -L zsh -o no_multibyte -o no_aliases -o extended_glob
  [[ $CONTEXT == (start|cont) && $sysparams[pid] == $__safeshell_pid ]] || builtin return 0
  __safeshell_present
  if [[ $__safeshell_expanding == on && -n $histchars && ($BUFFER == *"${histchars[1]}"* || $BUFFER == "${histchars[2]}"*) ]]; then
    __safeshell_expand || builtin return 0
  fi
  [[ -n $PREBUFFER || $BUFFER == *[^[:space:]]* ]] || builtin return 0
  __safeshell_submit "$PREBUFFER$BUFFER"
}

# What is judged is what is on the line: expanded here, and zsh then finds nothing to expand. (Text that
# the expansion leaves as it is may be read again by zsh: nothing changes then either, or it says why it
# fails. Only behind other lines of a construct, whose quotes may still be open, nothing is expanded.)
__safeshell_expand() {
  builtin local before=$BUFFER
  if [[ -z $PREBUFFER ]]; then
    # The editor's own widget does not know ^old^new as what it stands for.
    if [[ $BUFFER == "${histchars[2]}"* ]]; then BUFFER="${histchars[1]}${histchars[1]}:s$BUFFER"; fi
    builtin zle .expand-history 2>/dev/null
    [[ $BUFFER != "$before" ]] || builtin return 0
  fi
  if [[ $__safeshell_verify == on ]]; then
    builtin print -zr -- "$BUFFER"
    BUFFER=
    builtin return 1
  fi
  [[ -n $__safeshell_chars ]] || __safeshell_chars=$histchars
  histchars=$'\x01\x02'${histchars[3]}
}

__safeshell_submit() { # TEXT
  builtin zle -I
  __safeshell_next
  builtin print -rNu $__safeshell_out -- "$__safeshell_nonce L" $sysparams[pid] $__safeshell_id "$PWD" \
    $(( ${#PREBUFFER} > 0 )) "$1" 2>/dev/null
  if __safeshell_verdict $__safeshell_out $__safeshell_in $__safeshell_id; then
    __safeshell_release "$1"
  else
    __safeshell_refuse "$1"
  fi
}

__safeshell_release() { # TEXT
  builtin local breaks="${BUFFER//[^$'\n']/}"
  __safeshell_last=$__safeshell_id __safeshell_sticky=0 __safeshell_credit=$(( ${#breaks} + 1 ))
  __safeshell_multi=$(( __safeshell_credit > 1 )) __safeshell_watch=$(( (__safeshell_flags & 1) != 0 ))
  if [[ -n $__safeshell_payload ]]; then builtin eval "$__safeshell_payload"; fi
  if (( __safeshell_flags & 2 )); then __safeshell_lend; fi
}

# An empty line must not finish a construct that waits for more: that one is broken off.
__safeshell_refuse() { # TEXT
  __safeshell_remember "$1"
  __safeshell_credit=0
  if [[ -n $PREBUFFER ]]; then
    builtin zle .send-break
  else
    BUFFER=
  fi
}

__safeshell_remember() { # TEXT
  [[ $__safeshell_spaces == on && $1 == ' '* ]] && builtin return 0
  builtin print -rs -- "$1"
}

# ---- the backstop ---------------------------------------------------------------------------------

# Last of preexec_functions. $3 is what is about to run, aliases expanded.
__safeshell_preexec() {
  builtin setopt localoptions no_localtraps no_aliases no_err_exit no_err_return no_ksh_arrays
  [[ $sysparams[pid] == $__safeshell_pid ]] || builtin return 0
  __safeshell_present
  if (( __safeshell_credit > 0 )); then
    (( __safeshell_credit -= 1, 1 ))
    (( ! __safeshell_watch )) || __safeshell_arm
  else
    # Nobody asked about this line: no editor, or our widget is gone.
    __safeshell_unseen=1
    __safeshell_ask_one 1 "$3" || __safeshell_stop
    (( ! (__safeshell_flags & 1) )) || __safeshell_arm
    (( ! (__safeshell_flags & 2) )) || __safeshell_lend
  fi
}

__safeshell_arm() {
  (( __safeshell_armed )) && builtin return 0
  __safeshell_armed=1
  if (( ${+functions[TRAPDEBUG]} )); then
    builtin functions -c TRAPDEBUG __safeshell_their_debug
    __safeshell_old_trap='__safeshell_their_debug DEBUG'
  else
    __safeshell_old_trap=$(builtin trap)
    __safeshell_old_trap=${(M)${(f)__safeshell_old_trap}:#trap -- * DEBUG}
    if [[ -n $__safeshell_old_trap ]]; then __safeshell_old_trap=${(Q)${(z)__safeshell_old_trap}[3]}; fi
  fi
  builtin trap '__safeshell_debug "$@"'${__safeshell_old_trap:+$'\n'$__safeshell_old_trap} DEBUG
}

__safeshell_disarm() {
  (( __safeshell_armed )) || builtin return 0
  __safeshell_armed=0
  if (( ${+functions[__safeshell_their_debug]} )); then
    builtin trap - DEBUG
    builtin functions -c __safeshell_their_debug TRAPDEBUG
    builtin unfunction __safeshell_their_debug
  elif [[ -n $__safeshell_old_trap ]]; then
    builtin trap "$__safeshell_old_trap" DEBUG
  else
    builtin trap - DEBUG
  fi
}

# Before every list of commands of a watched line: $ZSH_DEBUG_CMD is its text.
__safeshell_debug() {
  builtin emulate -L zsh -o no_multibyte -o no_aliases
  (( $#funcstack > 1 )) && [[ ${funcstack[-1]} == (precmd|preexec|__safeshell_*) ]] && builtin return 0
  if (( ! __safeshell_sticky )); then
    __safeshell_ask_one 0 "$ZSH_DEBUG_CMD" "$@" && builtin return 0
  fi
  __safeshell_stop
}

# One process at a time: the token goes round, since answers lie in one stream.
__safeshell_ask_one() { # UNSEEN TEXT ARGUMENTS...
  builtin emulate -L zsh -o no_multibyte -o no_aliases
  builtin local REPLY
  builtin integer no=1
  __safeshell_take $__safeshell_token 1 || builtin return 1
  __safeshell_next
  builtin local id=$__safeshell_id
  builtin print -rNu $__safeshell_back_out -- "$__safeshell_nonce B" $sysparams[pid] $id "$PWD" $1 "$2" 2>/dev/null
  __safeshell_verdict $__safeshell_back_out $__safeshell_back_in $id "${@[3,-1]}" && no=0
  builtin print -rNu $__safeshell_back_out -- "$__safeshell_nonce D" $sysparams[pid] $id 2>/dev/null
  builtin return $no
}

# A refused command ends its whole line: SIGINT, which zsh takes as Ctrl-C in the main shell and which
# ends a subshell at once.
__safeshell_stop() {
  __safeshell_sticky=1
  [[ $sysparams[pid] == $__safeshell_pid ]] || builtin trap - INT
  builtin kill -INT $sysparams[pid]
}

builtin source "$__safeshell_place/prompt.zsh"
