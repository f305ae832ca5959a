"""How ``assets/weights`` was made: a ResNet-18 distilled from a packaged network, on pictures of packages."""
