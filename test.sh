#!/usr/bin/env bash
# Installs what the tests need, builds (release, and with ASan and UBSan), runs every suite, ends with the counts.
#
#   ./test.sh              under 25 minutes on two cores from a clean clone
#   ./test.sh --full       the long forms too
#   ./test.sh --only NAME  one suite (repeatable); ./test.sh --list names them
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$root"
case " $* " in
  *' --list '* | *' --help '* | *' -h '*) exec python3 tests/run_suites.py "$@" ;;
esac

step() { printf '==> %s\n' "$1"; }

step "packages"
deploy/install_packages deploy/packages.txt deploy/packages-test.txt
chosen=$(python3 tests/run_suites.py --list "$@")
requirements=(scripts/requirements.txt tests/requirements.txt)
case " $* " in *' --full '*) requirements+=(tests/compatibility/requirements.txt) ;; esac
scripts/setup_python.sh "${requirements[@]}"
step "build: release (build/release)"
deploy/build build/release all
if [[ $chosen == *-sanitized* ]]; then
  step "build: ASan and UBSan (build/sanitize)"
  deploy/build build/sanitize all -- -DFRAZIL_SANITIZE=address,undefined
fi
if [[ $chosen == *fuzz* ]]; then
  step "build: fuzz targets (build/fuzz)"
  deploy/build build/fuzz fuzz_targets -- -DFRAZIL_FUZZ=ON -DCMAKE_C_COMPILER=clang \
    -DFRAZIL_SANITIZE=fuzzer-no-link,address,undefined
fi
exec .venv/bin/python tests/run_suites.py "$@"
