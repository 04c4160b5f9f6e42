"""What the black-box tests share: servers to test, small protocol clients, messages, a runner."""
