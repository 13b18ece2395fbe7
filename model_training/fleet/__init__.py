"""The simulated fleet: homes whose people, devices and sensors stand in for customers that do not exist."""
