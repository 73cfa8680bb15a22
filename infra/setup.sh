#!/bin/sh
# Virtual environment and pinned installs, once per change of the requirements.
# usage: [PYTHON=python3.12] sh infra/setup.sh .venv
# sh, not Python: it has to be able to say that there is no Python it can use.
set -eu

venv=${1:-.venv}
stamp="$venv/requirements.sha256"
requirements="requirements.txt requirements-dev.txt"
usable='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))'

# Ctrl-C during a first install must not leave something that looks finished.
fingerprint() {
    "$1" -c '
import hashlib, sys
digest = hashlib.sha256(sys.version.encode())
for name in sys.argv[1:]:
    digest.update(open(name, "rb").read())
print(digest.hexdigest())' $requirements
}

if [ -x "$venv/bin/python" ] && [ -x "$venv/bin/leads" ] && [ -f "$stamp" ] &&
    [ "$(fingerprint "$venv/bin/python" 2>/dev/null)" = "$(cat "$stamp")" ]; then
    exit 0
fi

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -c "$usable" >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
}

python=$(find_python)
if [ -z "$python" ]; then
    echo "Leadger needs Python 3.11, 3.12, 3.13 or 3.14; found: $(${PYTHON:-python3} --version 2>&1 || true)" >&2
    echo "Install one of them, or name it: make run PYTHON=/path/to/python3.12" >&2
    exit 1
fi
if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
    echo "$python has no venv module; on Debian and Ubuntu: apt install python3-venv" >&2
    exit 1
fi
if ! { [ -x "$venv/bin/python" ] && "$venv/bin/python" -c "$usable" 2>/dev/null &&
    "$venv/bin/python" -m pip --version >/dev/null 2>&1; } || { [ -n "${PYTHON:-}" ] &&
    [ "$("$python" -c 'import sys; print(sys.version)')" != "$("$venv/bin/python" -c 'import sys; print(sys.version)')" ]; }; then
    echo "Making the virtual environment $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
fi

echo "Installing the pinned requirements (a minute or two, once)"
rm -f "$stamp"
# PIP_USER=0: a user-wide `user = true` of pip is an error inside a virtual environment.
PIP_USER=0 "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt

# The command line, from any folder. -P: a folder named cli where somebody stands is not ours.
quoted() {
    printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}
cat >"$venv/bin/leads.new" <<END
#!/bin/sh
PYTHONPATH=$(quoted "$PWD")\${PYTHONPATH:+:\$PYTHONPATH} exec $(quoted "$(cd "$venv/bin" && pwd)/python") -P -m cli "\$@"
END
chmod +x "$venv/bin/leads.new"
mv "$venv/bin/leads.new" "$venv/bin/leads"
fingerprint "$venv/bin/python" >"$stamp.new"
mv "$stamp.new" "$stamp"
