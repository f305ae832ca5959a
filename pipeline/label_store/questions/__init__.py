"""Questions: draws, leases, pages, gold questions, repeats."""
