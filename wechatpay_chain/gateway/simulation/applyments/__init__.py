"""Sub-merchant onboarding (进件) and settlement accounts."""
