"""Steps of test cases about approvals."""
