#!/usr/bin/env bash
# Builds the control plane into the folder given as $1: etcd, kube-apiserver, kube-controller-manager, and kubectl where
# the machine has none. Programs that are there already, or in KUBEBUILDER_ASSETS, are kept; the caller puts the version
# into the folder's name.
set -euo pipefail

target=${1:?usage: build.sh TARGET_FOLDER}
cd "$(dirname "${BASH_SOURCE[0]}")"
mkdir -p "$target"

# Run with the toolchain that go.mod names, whatever the machine's default is.
export GOTOOLCHAIN=auto GOFLAGS=-mod=readonly CGO_ENABLED=0

version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
minor=${version#v1.}
stamp=k8s.io/component-base/version
ldflags="-s -w -X $stamp.gitVersion=$version -X $stamp.gitMajor=1 -X $stamp.gitMinor=${minor%%.*}"

build() {
  local name=$1 package=$2
  if [ -x "$target/$name" ] || [ -x "${KUBEBUILDER_ASSETS:-}/$name" ]; then return; fi
  echo "building $name (once; kept in $target)" >&2
  # Into a second name first: an interrupted link must not leave something that looks finished.
  nice -n "${BUILD_NICENESS:-0}" go build -trimpath -ldflags "$ldflags" -o "$target/.$name.partial" "$package"
  mv "$target/.$name.partial" "$target/$name"
}

build etcd go.etcd.io/etcd/server/v3
build kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver
build kube-controller-manager k8s.io/kubernetes/cmd/kube-controller-manager
command -v kubectl >/dev/null || build kubectl k8s.io/kubernetes/cmd/kubectl
