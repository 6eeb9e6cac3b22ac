"""The method `model`: a state machine chooses what people do; answers are compared with a model."""
