# Everything here needs Node >= 20, Go >= 1.26 and Python 3 only; what else it uses comes from lockfiles.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# Built programs that outlive a checkout.
CACHE ?= $(HOME)/.cache/avi-gateway-operator
KUBERNETES_VERSION := $(shell awk '$$1 == "k8s.io/kubernetes" {print $$2}' test/cluster/tools/control-plane/go.mod)
CONTROL_PLANE := $(CACHE)/control-plane-$(KUBERNETES_VERSION)
export CONTROL_PLANE

KUBECTL ?= $(or $(shell command -v kubectl),$(CONTROL_PLANE)/kubectl)
export KUBECTL
CONTAINER_TOOL ?= docker
IMG ?= avi-gateway-operator:dev
OVERLAY ?= kustomize/overlays/default

INSTALLED := node_modules/.package-lock.json
PYTHON_ENV := .cache/venv
# The locked Node 24 where there is one for this platform, else the machine's.
NODE := PATH="$(CURDIR)/node_modules/.bin:$$PATH" node --disable-warning=ExperimentalWarning

##@ Use
.PHONY: help
help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(INSTALLED) ## Run the sample application on an embedded Avi Controller; ONCE=1 checks every URL and exits
	@npm run -s avi-gateway -- demo $(if $(ONCE),--once)

##@ Develop
$(INSTALLED): package.json package-lock.json
	npm ci --loglevel=error
	@$(NODE) -e 'if (parseInt(process.versions.node) < 24) throw new Error("no locked Node 24 for this platform: install Node 24")'
	@touch $@

.PHONY: install
install: $(INSTALLED) ## Install the locked packages

.PHONY: generate
generate: $(INSTALLED) ## Write generated/ again; AVI_SWAGGER_DIR names the folder swagger/ of vmware/alb-sdk
	$(NODE) crds/generate/main.ts

.PHONY: build
build: $(INSTALLED) ## Bundle the operator into dist/
	@npm run -s build

.PHONY: format
format: $(INSTALLED) ## Format the sources
	@npm run -s format

.PHONY: test
test: $(INSTALLED) ## Run every check and test; the last line counts them
	@AVI_SDK_PYTHON=$(CURDIR)/$(PYTHON_ENV)/bin/python $(NODE) test/tools/run-tests.ts

.PHONY: test-unit
test-unit: $(INSTALLED) venv ## Run the tests that need no API server
	@AVI_SDK_PYTHON=$(CURDIR)/$(PYTHON_ENV)/bin/python npm run -s test:unit

.PHONY: control-plane
control-plane: ## Build etcd, kube-apiserver and kube-controller-manager for the tests, unless KUBEBUILDER_ASSETS has them
	@test/cluster/tools/control-plane/build.sh $(CONTROL_PLANE)

.PHONY: conformance
conformance: $(INSTALLED) ## Run the official conformance suite; needs root. PROFILES, RUN, FEATURES, SEED, EVH_ORDER=random, WAIT_SECONDS
	@$(MAKE) control-plane
	@PROFILES='$(PROFILES)' RUN='$(RUN)' FEATURES='$(FEATURES)' SEED='$(SEED)' EVH_ORDER='$(EVH_ORDER)' \
		WAIT_SECONDS='$(WAIT_SECONDS)' CACHE='$(CACHE)' $(NODE) test/conformance/main.ts

.PHONY: bench
bench: $(INSTALLED) build ## Measure against a real API server. QUICK=1, N, LATENCY, SCENARIO, OUT: docs/benchmarks/README.md
	@$(MAKE) control-plane
	@QUICK='$(QUICK)' N='$(N)' LATENCY='$(LATENCY)' CONCURRENCY='$(CONCURRENCY)' SCENARIO='$(SCENARIO)' \
		REPLICAS='$(REPLICAS)' MACRO='$(MACRO)' OUT='$(OUT)' $(NODE) test/bench/main.ts

.PHONY: bench-published
bench-published: $(INSTALLED) build ## Measure all that docs/benchmarks holds, about 30 min on an idle machine. MINUTES: at most; RUNS
	@$(MAKE) control-plane
	@MINUTES='$(MINUTES)' RUNS='$(RUNS)' $(NODE) test/bench/published.ts

.PHONY: integration
integration: $(INSTALLED) ## Run the operator beside real cert-manager and external-dns; needs root. TESTS: name pattern
	@$(MAKE) control-plane
	@CACHE='$(CACHE)' $(NODE) test/integration/main.ts $(if $(TESTS),-t '$(TESTS)')

.PHONY: chaos
chaos: $(INSTALLED) ## Cut every call, kill the operator at every point, change many routes; TESTS=load, ROUTES, SECONDS, CHAOS_SEED
	@CHAOS_FULL=1 LOAD_ROUTES='$(or $(ROUTES),300)' LOAD_SECONDS='$(or $(SECONDS),20)' \
		npm run -s test:unit -- --runInBand test/chaos/$(TESTS)

.PHONY: fuzz
fuzz: $(INSTALLED) ## Feed hostile input to everything that reads any; SECONDS for each of its properties (60), SEED
	@FUZZ_SECONDS='$(or $(SECONDS),60)' FUZZ_SEED="$${SEED:-$$RANDOM}" npm run -s test:unit -- --runInBand test/fuzz

.PHONY: venv
venv: $(PYTHON_ENV)/requirements.txt ## Make the Python environment with Avi's own client

$(PYTHON_ENV)/requirements.txt: test/tools/python-requirements.txt
	@rm -rf $(PYTHON_ENV)
	@python3 -m venv $(PYTHON_ENV)
	@$(PYTHON_ENV)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@cp $< $@

.PHONY: clean
clean: ## Remove what builds and tests made here; the control plane in CACHE stays
	rm -rf dist coverage .cache

##@ Deploy
.PHONY: install-crds
install-crds: $(INSTALLED) ## Apply the pinned Gateway API CRDs and those of the extensions; refuses to downgrade
	@$(NODE) crds/install.ts

.PHONY: image
image: ## Build the image IMG
	$(CONTAINER_TOOL) build --tag $(IMG) .

.PHONY: deploy
deploy: ## Deploy OVERLAY with the image IMG
	$(KUBECTL) kustomize $(OVERLAY) | sed 's|image: avi-gateway-operator:.*|image: $(IMG)|' | $(KUBECTL) apply --server-side -f -

# The operator goes first and the GatewayClass stays: an operator that saw its class go would delete what serves.
.PHONY: undeploy
undeploy: ## Remove the operator; Avi's objects keep serving (`avi-gateway cleanup` removes them)
	$(KUBECTL) -n avi-gateway-system delete deployment avi-gateway-operator --ignore-not-found --cascade=foreground
	$(KUBECTL) delete clusterrolebinding,clusterrole -l app.kubernetes.io/name=avi-gateway-operator
	$(KUBECTL) delete namespace avi-gateway-system --ignore-not-found
