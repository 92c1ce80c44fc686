# Completion of stint, for bash.
_stint() {
  local line=${COMP_LINE:0:COMP_POINT} words=() meanings=() first= lead= i word rest way meaning
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    [[ $word == -- && -z $first ]] && first=$((i + 1))
    rest=${line#"${line%%[![:blank:]]*}"}
    # The last one only counts up to the cursor.
    ((i == COMP_CWORD)) && word=$rest
    # To bash a word ends at = : and @, too. What has no blank before it belongs to the word before.
    if ((i == 0)) || [[ $rest != "$line" ]]; then
      words+=("$word")
    else
      words[${#words[@]} - 1]+=$word
    fi
    line=${rest#"$word"}
  done
  # Quotes and backslashes are the shell's.
  words=("${words[@]//[\"\'\\]/}")
  # What bash has for the beginning of the word stays, and is not to come twice.
  lead=${words[${#words[@]} - 1]}
  rest=$lead
  for word in = :; do
    [[ $COMP_WORDBREAKS == *$word* ]] && rest=${rest##*$word}
  done
  lead=${lead%"$rest"}

  COMPREPLY=()
  compopt +o default 2>/dev/null
  {
    read -r way rest
    while IFS=$'\t' read -r word meaning; do
      COMPREPLY+=("${word#"$lead"}")
      meanings+=("$meaning")
    done
  } < <(command stint completion words -- "${words[@]:1}" 2>/dev/null)
  case $way in
    files) compopt -o default 2>/dev/null ;;
    dirs) compopt -o dirnames 2>/dev/null ;;
    command)
      if declare -F _command_offset >/dev/null; then
        _command_offset "$first"
      elif ((COMP_CWORD > first)); then
        compopt -o default 2>/dev/null
      else
        while read -r word; do
          COMPREPLY+=("$word")
        done < <(compgen -c -- "${words[${#words[@]} - 1]}")
      fi
      ;;
  esac

  # Where they are only listed, each is shown with what it means.
  if ((COMP_TYPE == 63 || COMP_TYPE == 33)) && ((${#meanings[@]} > 1)); then
    local room=0
    for word in "${COMPREPLY[@]}"; do
      ((${#word} > room)) && room=${#word}
    done
    for i in "${!meanings[@]}"; do
      [[ -n ${meanings[i]} ]] || continue
      printf -v word "%-${room}s  (%s)" "${COMPREPLY[i]}" "${meanings[i]}"
      COMPREPLY[i]=${word:0:${COLUMNS:-80} - 1}
    done
  fi
}
complete -o default -o nosort -F _stint stint 2>/dev/null || complete -o default -F _stint stint
