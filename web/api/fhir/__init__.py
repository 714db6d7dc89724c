"""The record as FHIR R4, to read: what hospital systems that speak FHIR find here. Writing is by the REST interface."""
