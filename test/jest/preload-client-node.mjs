// The framework is CommonJS and requires client-node, an ES module. Jest refuses that while it is still linking
// client-node, so it is loaded before any test file.
import '@kubernetes/client-node';
