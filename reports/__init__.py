"""Reports: what all records say. A spec becomes a plan, a plan becomes SQL, SQL runs on the replica."""
