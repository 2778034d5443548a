# Completion for kiesel and kiesel-compiler: the program itself says what may come next.
function __kiesel_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] --complete $words[2..] 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c kiesel -f -a '(__kiesel_complete)'
complete -c kiesel-compiler -f -a '(__kiesel_complete)'
