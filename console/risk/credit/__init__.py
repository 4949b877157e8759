"""Credit review: a scorecard over the dimensions that an applicant is judged on, and the limit that suits a person."""
