#!/usr/bin/env bash
# Installs what the lab needs beside Go, or names the command that does. Changes nothing when all is there.
set -euo pipefail
cd "$(dirname "$0")/../.."

need() { # command, how to install it
	command -v "$1" >/dev/null 2>&1 && return
	echo "The lab needs $1. Install it with: $2" >&2
	exit 1
}

need terraform "see https://developer.hashicorp.com/terraform/install (1.11 or newer)"
need node "apt-get install nodejs npm (Node 20 or newer)"
need npm "apt-get install npm"
need python3 "apt-get install python3 python3-venv (3.11 or newer)"

moto='import importlib.metadata as m, sys; sys.exit(m.version("moto") != "5.2.1" or m.version("cfn-lint") != "1.51.0")'
if ! python3 -c "$moto" >/dev/null 2>&1 && ! .venv/bin/python3 -c "$moto" >/dev/null 2>&1; then
	echo "Installing moto and cfn-lint into .venv" >&2
	python3 -m venv .venv
	.venv/bin/python3 -m pip install --quiet 'moto[all,server]==5.2.1' 'cfn-lint==1.51.0' || {
		rm -rf .venv
		echo "moto and cfn-lint could not be installed. Install them with: python3 -m pip install 'moto[all,server]==5.2.1' 'cfn-lint==1.51.0'" >&2
		exit 1
	}
fi

if ! [ internal/lab/oracle/node_modules/.package-lock.json -nt internal/lab/oracle/package-lock.json ]; then
	(cd internal/lab/oracle && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
fi
