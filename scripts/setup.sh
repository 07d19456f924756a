# Makes .venv and installs the package into it, with the extra named in $1; skipped while pyproject.toml is unchanged.
# Read by the other scripts from the project's folder.
extra=${1:+[$1]}
python=${PYTHON:-python3}
stamp=".venv/installed$extra"

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Python 3.11 or newer is needed; name one with PYTHON=…" >&2
  exit 1
}
if [ ! -e "$stamp" ] || [ pyproject.toml -nt "$stamp" ]; then
  if [ ! -x .venv/bin/python ] && ! "$python" -m venv .venv; then
    echo "Python has no venv module here; on Debian: apt-get install python3-venv" >&2
    exit 1
  fi
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".$extra"
  touch "$stamp"
fi
