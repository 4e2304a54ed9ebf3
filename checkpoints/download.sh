#!/usr/bin/env bash
# Download the published checkpoints into this folder: what is there is checked, what is missing is fetched.
#
#   checkpoints/download.sh                        all of them, 290 MB
#   checkpoints/download.sh features/tsn.pth       only this one; or several, or a whole folder: features
#   checkpoints/download.sh --list                 say what is there and what is missing, fetch nothing
#   checkpoints/download.sh --table mirror.tsv     other addresses; same columns as published.tsv, beside this script
#
# A download that broke off goes on where it was when the script is run again. A file appears under its name only when
# it is complete and passes the checks: size, and SHA-256 where published.tsv has one. For the others the SHA-256 is
# printed, so that somebody who has seen the file work can write it down there.
# The exit code is 0 when all that was asked for is there, 1 when something is missing or wrong, 2 for wrong arguments.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
table=$here/published.tsv
attempts=3
pause=${DOWNLOAD_PAUSE:-5} # seconds between attempts
list_only=
wanted=()

usage() { sed -n '2,/^$/ { s/^# \{0,1\}//; p }' "${BASH_SOURCE[0]}"; }

refuse() {
    echo "error: $1" >&2
    exit 2
}

sha256_of() {
    if command -v sha256sum >/dev/null; then sha256sum -- "$1"; else shasum -a 256 -- "$1"; fi | cut -d ' ' -f 1
}

# Bytes of a size such as 1.3M; sizes in the table are rounded.
bytes_of() { awk -v size="$1" 'BEGIN { units["K"] = 1024; units["M"] = 1048576; u = substr(size, length(size))
    printf "%d", (u in units) ? substr(size, 1, length(size) - 1) * units[u] : size }'; }

# Whether a file is what the table says; prints why not.
check() {
    local file=$1 size=$2 expected=$3 bytes about begin sum
    bytes=$(wc -c <"$file")
    about=$(bytes_of "$size")
    begin=$(head -c 1 "$file" | od -An -tx1 | tr -d ' ')
    if [ "$begin" != 50 ] && [ "$begin" != 80 ]; then
        echo "it is no checkpoint (a web page that says why?)"
    elif [ $((bytes * 10)) -lt $((about * 9)) ] || [ $((bytes * 10)) -gt $((about * 11)) ]; then
        echo "it has $bytes bytes, expected about $size"
    elif [ "$expected" != - ] && sum=$(sha256_of "$file") && [ "$sum" != "$expected" ]; then
        echo "its SHA-256 is $sum, expected $expected"
    else
        return 0
    fi
    return 1
}

# Fetch into a .part file, each attempt going on where the last one stopped; prints why it could not.
fetch() {
    local url=$1 part=$2 attempt code status show=(--silent --show-error)
    [ ! -t 2 ] || show=(--progress-bar)
    for ((attempt = 1; attempt <= attempts; attempt++)); do
        code=0
        status=$(curl "${show[@]}" --fail --location --connect-timeout 30 --speed-limit 1 --speed-time 60 \
            --continue-at - --output "$part" --write-out '%{http_code}' "$url") || code=$?
        [ $code != 0 ] || return 0
        case $status:$code in
        416:*) return 0 ;;         # nothing is left to fetch: the last run stopped just before the checks
        *:33) rm -f -- "$part" ;;  # the server cannot go on in the middle: begin anew
        4*) break ;;               # it is not there, and will not be a moment later
        esac
        [ $attempt = $attempts ] || sleep "$pause"
    done
    echo "$url answers $status (curl's exit code $code)"
    return 1
}

while [ $# -gt 0 ]; do
    case $1 in
    -h | --help) usage && exit 0 ;;
    --list) list_only=1 ;;
    --table) [ $# -gt 1 ] || refuse "--table needs a file" && table=$2 && shift ;;
    -*) refuse "unknown option $1; --help tells what there is" ;;
    *) wanted+=("${1%/}") ;;
    esac
    shift
done
command -v curl >/dev/null || [ -n "$list_only" ] || refuse "curl is needed, and is not installed"
[ -r "$table" ] || refuse "expected the table of checkpoints at $table"

paths=() sizes=() sums=() urls=() known=()
while read -r path size sum url; do
    case $path in '' | '#'*) continue ;; esac
    known+=("$path")
    for choice in "${wanted[@]:-$path}"; do
        case $path in "$choice" | "$choice"/*)
            paths+=("$path") sizes+=("$size") sums+=("$sum") urls+=("$url")
            break
            ;;
        esac
    done
done <"$table"
for choice in ${wanted[@]+"${wanted[@]}"}; do
    case " ${known[*]}" in
    *" $choice "* | *" $choice" | *" $choice/"*) ;;
    *) refuse "no checkpoint is called $choice; there are: ${known[*]}" ;;
    esac
done

cd "$here"
if [ -z "$list_only" ] && command -v flock >/dev/null; then
    exec 9>.download.lock
    flock --nonblock 9 || { echo "error: another run is downloading into $here; wait for it" >&2 && exit 1; }
fi

missing=0
for i in "${!paths[@]}"; do
    path=${paths[i]} size=${sizes[i]} sum=${sums[i]} url=${urls[i]}
    if [ ! -e "$path" ] && [ -n "$list_only" ]; then
        echo "missing  $path ($size): $url"
        missing=$((missing + 1))
        continue
    fi
    if [ -e "$path" ]; then
        file=$path
    else
        file=$path.part
        mkdir -p "$(dirname "$path")"
        echo "fetching $path ($size)"
        if ! why=$(fetch "$url" "$file"); then
            echo "FAILED   $path: $why" >&2
            missing=$((missing + 1))
            continue
        fi
    fi
    if ! why=$(check "$file" "$size" "$sum"); then
        echo "WRONG    $path: $why" >&2
        # Going on with a wrong file makes it no better; one that somebody else put here is theirs to remove.
        if [ "$file" = "$path" ]; then echo "         remove it and run this again" >&2; else rm -f -- "$file"; fi
        missing=$((missing + 1))
        continue
    fi
    [ "$file" = "$path" ] || mv -- "$file" "$path"
    if [ "$sum" = - ]; then
        echo "there    $path, not verified: SHA-256 $(sha256_of "$path")"
    else
        echo "there    $path, verified"
    fi
done

if [ $missing -gt 0 ]; then
    echo "$missing of ${#paths[@]} checkpoints are missing; checkpoints/download.sh goes on with them" >&2
    exit 1
fi
echo "All ${#paths[@]} checkpoints are in $here"
