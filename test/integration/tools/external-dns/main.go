// The real external-dns; a main of our own only because its module does not build without replacements.
package main

import "sigs.k8s.io/external-dns/controller"

func main() { controller.Execute() }
