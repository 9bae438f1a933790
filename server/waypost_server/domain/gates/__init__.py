"""The gates a nudge must pass, by what they ask. Each gate is a pair: one function that answers fast whether it
holds, and one that tells the numbers it looked at."""
