"""Can the numbers that a paper or a report prints all be true at once?"""
