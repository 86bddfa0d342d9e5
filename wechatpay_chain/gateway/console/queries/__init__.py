"""What the console asks for across products: records, search, timelines, money, bills."""
