"""What an audit can claim: intervals, bounds, sample sizes, truth rules. Pure."""
