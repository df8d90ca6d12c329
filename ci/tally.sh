#!/bin/sh
# tally.sh FOLDER: sums the counters of every TRX file in the folder into 'N passed, N failed, N skipped'.
# Exit code 1 when a test failed, or when no test passed at all.
cat "$1"/*.trx 2>/dev/null | grep -o '<Counters [^>]*>' | awk '
  function n(name,  m) { m = $0; return sub(".* " name "=\"", "", m) ? m + 0 : 0 }
  { total += n("total"); passed += n("passed"); failed += n("failed") + n("error") + n("timeout") + n("aborted") }
  END { printf "%d passed, %d failed, %d skipped\n", passed, failed, total - passed - failed; exit !(passed && !failed) }'
