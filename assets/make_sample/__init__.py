"""Make the sample collection: read packaged pictures with free licences and write ``assets/sample``."""
