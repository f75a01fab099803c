# The command line of run-bench.sh. Sourced. What is wrong with it ends the script before anything is built or started.

usage() {
  echo "error: $*; see $0 --help" >&2
  exit 2
}

# value_of "$@": sets VALUE to the value of the option that comes first.
value_of() {
  (($# > 1)) && [[ -n $2 ]] || usage "$1 needs a value"
  [[ $2 != --* ]] || usage "$1 needs a value, and '$2' is an option"
  VALUE=$2
}

# Longer numbers, and those that begin with 0, are others in the shell's arithmetic.
whole_value_of() {
  value_of "$@"
  [[ $VALUE =~ ^[1-9][0-9]{0,8}$ ]] || usage "$1 takes a whole number from 1 to 999999999, not '$VALUE'"
}

number_value_of() {
  value_of "$@"
  [[ $VALUE =~ ^[0-9]{1,9}(\.[0-9]{1,9})?$ && $VALUE =~ [1-9] ]] || usage "$1 takes a number above 0 such as 0.1 or 2000, not '$VALUE'"
}

# Sets SECTIONS; ALL_SECTIONS is what there is.
sections_of() {
  local section
  value_of "$@"
  IFS=, read -ra SECTIONS <<<"$VALUE"
  ((${#SECTIONS[@]})) || usage "$1 needs a section"
  for section in "${SECTIONS[@]}"; do
    [[ -n $section && " ${ALL_SECTIONS[*]} " == *" $section "* ]] || usage "$1 knows no '$section'; it knows ${ALL_SECTIONS[*]}"
  done
}
