SELECT *
  FROM nowhere;
