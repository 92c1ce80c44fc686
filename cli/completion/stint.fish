# Completion of stint, for fish.
function __stint_words
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer (command stint completion words -- $words[2..] "$current" 2>/dev/null)
    set -l way (string split ' ' -- $answer[1])
    set -e answer[1]
    set -l lead (string match -r -- '^-[^=]*=' "$current")
    set -l path (string replace -- "$lead" '' "$current")
    switch "$way[1]"
        case command
            set -l command
            for word in $words[(math $way[2] + 1)..]
                set -a command (string escape -- $word)
            end
            complete --do-complete (string join -- ' ' $command "$current")
            return
        case files
            string replace -r '^' -- "$lead" (__fish_complete_path "$path")
        case dirs
            string replace -r '^' -- "$lead" (__fish_complete_directories "$path" '')
    end
    string join -- \n $answer
end
complete -c stint -e
complete -c stint -k -f -a '(__stint_words)'
