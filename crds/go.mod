// Pins the Gateway API module whose CRDs the generator reads and `make install-crds` applies.
module avi-gateway.test/crds

go 1.27.0

require sigs.k8s.io/gateway-api v1.7.0
