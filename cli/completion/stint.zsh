#compdef stint
# Completion of stint, for zsh.
_stint() {
  local -a answer described
  local way line
  answer=("${(@f)$(
    command stint completion words -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null
  )}")
  way=$answer[1]
  shift answer
  if [[ $way == command\ * ]]; then
    shift ${way#command } words
    ((CURRENT -= ${way#command }))
    _normal
    return
  fi
  for line in $answer; do
    described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  local found=1
  (($#described)) && _describe -V stint described && found=0
  if [[ $way == (files|dirs) ]]; then
    [[ $PREFIX == -*=* ]] && compset -P '*='
    if [[ $way == dirs ]]; then _files -/; else _files; fi && found=0
  fi
  return found
}
if [[ $funcstack[1] == _stint ]]; then
  _stint
else
  compdef _stint stint
fi
