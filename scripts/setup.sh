# Makes .venv and installs the package into it, with the extra named in $extra; skipped while pyproject.toml is unchanged.
# Read by the other scripts from the project's folder.
python=${PYTHON:-python3}
stamp=".venv/installed-${extra:-plain}"

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Python 3.11 or newer is needed; name one with PYTHON=…" >&2
  exit 1
}
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  # Debian keeps these modules in a package of their own.
  echo "Python's venv module is missing: installing the package python3-venv" >&2
  if [ "$(id -u)" = 0 ]; then as_root=; else as_root=sudo; fi
  $as_root apt-get update -qq && $as_root apt-get install -y -qq python3-venv >/dev/null || {
    echo "That did not work; install python3-venv by hand and run this again" >&2
    exit 1
  }
fi
if [ ! -e "$stamp" ] || [ pyproject.toml -nt "$stamp" ]; then
  [ -x .venv/bin/pip ] || "$python" -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".${extra:+[$extra]}"
  touch "$stamp"
fi
