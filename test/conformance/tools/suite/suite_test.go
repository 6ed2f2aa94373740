// Package suite runs the official conformance suite as it is, and writes down each test's result as it ends: the suite's
// own report comes at the very end only, or never.
package suite

import (
	"encoding/json"
	"flag"
	"os"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/gateway-api/conformance"
	"sigs.k8s.io/gateway-api/conformance/tests"
	"sigs.k8s.io/gateway-api/conformance/utils/suite"
)

var resultsFile = flag.String("results-output", "", "file that gets one line of JSON for each test")

type line struct {
	Test        string   `json:"test"`
	Result      string   `json:"result"`
	Seconds     float64  `json:"seconds"`
	Features    []string `json:"features"`
	Provisional bool     `json:"provisional"`
}

func TestConformance(t *testing.T) {
	opts := conformance.DefaultOptions(t)
	if *resultsFile != "" {
		file, err := os.Create(*resultsFile)
		if err != nil {
			t.Fatal(err)
		}
		// Parallel tests go on after this function has returned.
		t.Cleanup(func() { _ = file.Close() })
		opts.Hook = recorder(json.NewEncoder(file))
	}
	conformance.RunConformanceWithOptions(t, opts)
}

// recorder is a hook that writes lines. Tests run in parallel.
func recorder(out *json.Encoder) func(*testing.T, suite.ConformanceTest, *suite.ConformanceTestSuite) {
	var mutex sync.Mutex
	started := map[string]time.Time{}
	for i := range tests.ConformanceTests {
		test := &tests.ConformanceTests[i]
		run := test.Test
		test.Test = func(t *testing.T, s *suite.ConformanceTestSuite) {
			mutex.Lock()
			started[test.ShortName] = time.Now()
			mutex.Unlock()
			run(t, s)
		}
	}
	return func(t *testing.T, test suite.ConformanceTest, s *suite.ConformanceTestSuite) {
		mutex.Lock()
		defer mutex.Unlock()
		entry := line{Test: test.ShortName, Result: result(t, test, s), Provisional: test.Provisional}
		if start, ran := started[test.ShortName]; ran {
			entry.Seconds = time.Since(start).Round(time.Millisecond).Seconds()
		}
		for _, feature := range test.Features {
			entry.Features = append(entry.Features, string(feature))
		}
		if err := out.Encode(entry); err != nil {
			t.Error(err)
		}
	}
}

func result(t *testing.T, test suite.ConformanceTest, s *suite.ConformanceTestSuite) string {
	switch {
	case t.Failed():
		return "failed"
	case !t.Skipped():
		return "passed"
	case s.RunTest == "" && !s.SupportedFeatures.HasAll(test.Features...):
		return "unsupported"
	}
	return "skipped"
}
