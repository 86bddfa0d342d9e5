"""The console's queries across products: records, search, timelines, money, bills."""
