SELECT '${no_such_variable}';
