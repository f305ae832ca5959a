"""Makes the sample collection: reads packaged, freely licensed pictures and writes ``assets/sample``."""
