"""What holds for every answer, whoever asked whatever."""
