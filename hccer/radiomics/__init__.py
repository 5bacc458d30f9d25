"""Radiomics: the contract of feature names, the engines that compute them, their definitions."""
